//! The grid of `sweep`. In: `alpha=0:1:.05`, `n=20,50,100`. Out: each setting's values, and every combination
//! of them. What a value means is not known here.

use crate::export::sweep::Named;

/// More settings than this are asked for by mistake more often than on purpose.
pub const MOST: usize = 2_000;

/// One setting with the values that it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    pub name: String,
    pub values: Vec<String>,
}

impl Named for Axis {
    fn name(&self) -> &str {
        &self.name
    }
}

/// Reads `alpha=0:1:.05` or `n=20,50,100`.
pub fn axis(written: &str) -> Result<Axis, String> {
    let (name, values) = written.split_once('=').ok_or("it is written NAME=VALUES, as in alpha=0:1:.1")?;
    let values: Vec<String> = match values.split(':').collect::<Vec<_>>().as_slice() {
        // A service's name has colons, too; then it is no range of numbers.
        [from, to, step] if from.trim().parse::<f64>().is_ok() => range(from, to, step)?,
        _ => {
            values.split(',').map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).collect()
        }
    };
    if values.is_empty() {
        return Err("there is no value".to_owned());
    }
    if let Some(twice) = (1..values.len()).find(|&at| values[..at].contains(&values[at])) {
        return Err(format!("{} is there twice", values[twice]));
    }
    Ok(Axis { name: name.trim().to_owned(), values })
}

/// From, to and step, both ends included. Counted in the decimals that were written, so that .1 + .2 is .3.
fn range(from: &str, to: &str, step: &str) -> Result<Vec<String>, String> {
    let number = |text: &str| -> Result<f64, String> {
        let number = text.trim().parse::<f64>().map_err(|_| format!("{text:?} is not a number"))?;
        if number.is_finite() { Ok(number) } else { Err(format!("{text:?} is not a number")) }
    };
    let decimals = |text: &str| text.trim().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let places = [from, to, step].into_iter().map(decimals).max().unwrap_or(0);
    let (low, high, step) = (number(from)?, number(to)?, number(step)?);
    if step <= 0.0 || high < low {
        return Err(format!("{from}:{to}:{step} is empty: it is FROM:TO:STEP, with a step above 0"));
    }
    let steps = ((high - low) / step + 1e-9).floor();
    if steps >= MOST as f64 {
        return Err(format!("that is more than {MOST} values"));
    }
    Ok((0..=steps as usize).map(|at| format!("{:.places$}", low + at as f64 * step)).collect())
}

/// Every combination, the last axis changing fastest.
pub fn grid(axes: &[Axis]) -> Vec<Vec<&str>> {
    let mut cells: Vec<Vec<&str>> = vec![Vec::new()];
    for axis in axes {
        let mut longer = Vec::with_capacity(cells.len() * axis.values.len());
        for cell in &cells {
            longer.extend(axis.values.iter().map(|value| [cell.as_slice(), &[value.as_str()]].concat()));
        }
        cells = longer;
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(written: &str) -> Vec<String> {
        axis(written).unwrap().values
    }

    /// Trap: .1 added three times is not .3, and 0 to 1 by .05 may lack its end.
    #[test]
    fn a_range_has_both_ends_and_no_stray_decimals() {
        assert_eq!(values("alpha=0:.3:.1"), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(values("alpha=0:1:.05").len(), 21);
        assert_eq!(values("alpha=0:1:.05")[20], "1.00");
        assert_eq!(values("n=10:50:20"), ["10", "30", "50"]);
        assert_eq!(values("n=10:45:20"), ["10", "30"]);
        assert_eq!(values("alpha=.5:.5:.1"), ["0.5"]);
    }

    #[test]
    fn values_may_be_names_and_names_may_have_colons() {
        assert_eq!(values("method=rrf, convex"), ["rrf", "convex"]);
        assert_eq!(values("rerank=none,A@100 > B@20"), ["none", "A@100 > B@20"]);
        assert_eq!(values("rerank=tei:http://localhost:80"), ["tei:http://localhost:80"]);
    }

    #[test]
    fn what_is_no_grid_is_refused() {
        for wrong in ["alpha", "alpha=", "alpha=1:0:.1", "alpha=0:1:0", "alpha=0:1:x", "n=5,5", "n=0:1:1e-9"]
        {
            assert!(axis(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_first_axis_changes_least_often() {
        let axes = [axis("a=1,2").unwrap(), axis("b=x,y,z").unwrap()];
        let cells = grid(&axes);
        assert_eq!(cells.len(), 6);
        assert_eq!((&*cells[0], &*cells[1], &*cells[3]), (&["1", "x"][..], &["1", "y"][..], &["2", "x"][..]));
    }
}
