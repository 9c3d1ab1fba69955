//! The README says what the program does: its table of keys is drawn from the action table.

const BEGIN: &str = "<!-- keys: drawn from the program's action table; a test keeps them equal -->\n";
const END: &str = "<!-- end of keys -->";

/// `UPDATE_README=1 cargo test readme` writes the table anew.
#[test]
fn the_keys_are_those_of_the_action_table() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(file).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let expected = rankscope::tui::actions_as_markdown();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(file, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(table, expected, "UPDATE_README=1 cargo test readme writes it anew");
}

/// Every option that the README's table of settings names is one that the program takes.
#[test]
fn the_options_exist() {
    let readme = include_str!("../../README.md");
    let help = crate::common::text(&crate::common::run(&["eval", "--help"]).stdout);
    let rows = readme.lines().filter(|line| line.starts_with("| `-"));
    let mut options = 0;
    for option in rows.flat_map(|row| row.split(['`', ' ', '|'])).filter(|word| word.starts_with('-')) {
        assert!(help.contains(option), "{option} is not in\n{help}");
        options += 1;
    }
    assert!(options >= 10, "{options} options in the README's tables");
}
