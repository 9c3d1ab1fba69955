//! What stands in the views that are tables, and in which order: queries, languages, passages, changes.
//! Pure sums over state and snapshot: nothing here knows a cell or a style.

pub mod changes;
pub mod languages;
pub mod passages;
pub mod queries;

use super::actions::ActionId;
use super::lines::scrolled_to;
use super::state::View;

/// A column that a table is sorted by.
pub trait Column: Copy + Eq + 'static {
    const ALL: &'static [Self];

    /// The head of the column; a few cells.
    fn title(self) -> &'static str;
}

/// Rows by what they are of, in the order shown; which of them the cursor is on, and what is in sight.
#[derive(Debug, Clone)]
pub struct Table<K, C> {
    pub rows: Vec<K>,
    pub cursor: Option<K>,
    /// Whether the cursor was put there. If not, it stays at the top while rows change places.
    pub chosen: bool,
    /// Where the cursor stood when it was last seen, should its row leave.
    pub place: usize,
    /// The first row in sight.
    pub scroll: usize,
    /// Whether what is in sight goes with the cursor: from its first step or click, until the table is
    /// sorted anew. Before that the top is in sight, what the order puts first.
    pub follows: bool,
    pub sort: C,
    /// Against the column's own order.
    pub reversed: bool,
}

impl<K: Copy + Eq, C: Column> Table<K, C> {
    pub fn sorted_by(sort: C) -> Self {
        Self {
            rows: Vec::new(),
            cursor: None,
            chosen: false,
            place: 0,
            scroll: 0,
            follows: false,
            sort,
            reversed: false,
        }
    }

    /// Takes new rows. The cursor stays on its row; where that is gone, on the one in its place. It is kept
    /// in sight where it was, and left out of it where the wheel had left it.
    pub fn take(&mut self, rows: Vec<K>, page: usize) {
        let was_in_sight = (self.scroll..self.scroll + page.max(1)).contains(&self.place);
        self.rows = rows;
        if !self.chosen {
            (self.cursor, self.place) = (None, 0);
        }
        match self.cursor.and_then(|cursor| self.rows.iter().position(|&row| row == cursor)) {
            Some(place) => self.place = place,
            None => {
                self.place = self.place.min(self.rows.len().saturating_sub(1));
                self.cursor = self.rows.get(self.place).copied();
            }
        }
        if was_in_sight {
            self.keep_in_sight(page);
        }
        self.wheel(0, page);
    }

    /// Shows what the order puts first, wherever the cursor is.
    fn scroll_to_top(&mut self) {
        (self.scroll, self.follows) = (0, false);
    }

    /// The place of a cursor that is out of sight of a page of so many rows, and whether it is above.
    pub fn out_of_sight(&self, page: usize) -> Option<(usize, bool)> {
        let place = self.rows.iter().position(|&row| Some(row) == self.cursor)?;
        let above = place < self.scroll;
        (above || place >= self.scroll + page).then_some((place, above))
    }
}

/// What keys and mouse do to a table, whatever its rows are of.
pub trait Walk {
    fn walk(&mut self, action: ActionId, page: usize);
    /// Puts the cursor on the row at a place; whether it was there already.
    fn click(&mut self, place: usize, page: usize) -> bool;
    fn wheel(&mut self, by: isize, page: usize);
    fn keep_in_sight(&mut self, page: usize);
    /// Sorts by the column so many behind, or before, the present one.
    fn sort_by_next(&mut self, by: isize);
    /// Sorts by a column, by its place among them; by the one it is sorted by: the other way round.
    fn sort_by(&mut self, column: usize);
    fn reverse(&mut self);
    /// What it is sorted by, in words.
    fn order(&self) -> String;
}

impl<K: Copy + Eq, C: Column> Walk for Table<K, C> {
    fn walk(&mut self, action: ActionId, page: usize) {
        let at = self.place;
        let to = match action {
            ActionId::Down => at.saturating_add(1),
            ActionId::Up => at.saturating_sub(1),
            ActionId::PageDown => at.saturating_add(page.max(1)),
            ActionId::PageUp => at.saturating_sub(page.max(1)),
            ActionId::Top => 0,
            _ => usize::MAX,
        };
        self.click(to, page);
    }

    fn click(&mut self, place: usize, page: usize) -> bool {
        let place = place.min(self.rows.len().saturating_sub(1));
        let row = self.rows.get(place).copied();
        let again = row.is_some() && row == self.cursor;
        (self.place, self.cursor, self.chosen) = (place, row, row.is_some());
        self.follows = true;
        self.keep_in_sight(page);
        again
    }

    fn wheel(&mut self, by: isize, page: usize) {
        let last = self.rows.len().saturating_sub(page);
        self.scroll = self.scroll.saturating_add_signed(by).min(last);
    }

    fn keep_in_sight(&mut self, page: usize) {
        if !self.follows {
            return;
        }
        let page = page.max(1);
        let scroll = scrolled_to(self.place, self.scroll, page);
        self.scroll = scroll.min(self.rows.len().saturating_sub(page));
    }

    fn sort_by_next(&mut self, by: isize) {
        let at = C::ALL.iter().position(|&column| column == self.sort).unwrap_or(0) as isize;
        self.sort = C::ALL[(at + by).rem_euclid(C::ALL.len() as isize) as usize];
        self.reversed = false;
        self.scroll_to_top();
    }

    fn sort_by(&mut self, column: usize) {
        match C::ALL.get(column) {
            Some(&column) if column == self.sort => self.reverse(),
            Some(&column) => {
                (self.sort, self.reversed) = (column, false);
                self.scroll_to_top();
            }
            None => {}
        }
    }

    fn reverse(&mut self) {
        self.reversed = !self.reversed;
        self.scroll_to_top();
    }

    fn order(&self) -> String {
        format!("sorted by {}{}", self.sort.title(), if self.reversed { ", the other way round" } else { "" })
    }
}

/// The tables of the views that are one.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    pub queries: queries::QueryTable,
    pub languages: languages::LanguageTable,
    pub passages: passages::PassageTable,
    pub changes: changes::ChangeTable,
}

impl Tables {
    /// The table of a view; `None` for a view that is none.
    pub fn of(&mut self, view: View) -> Option<&mut dyn Walk> {
        match view {
            View::Query | View::Curves => None,
            View::Collection => Some(&mut self.queries.table),
            View::Languages => Some(&mut self.languages.table),
            View::Passages => Some(&mut self.passages.table),
            View::Compare => Some(&mut self.changes.table),
        }
    }
}
