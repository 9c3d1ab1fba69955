//! `demo`: a scripted tour on the screen, or without one: recorded, as pictures, or checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{EngineArgs, ScreenArgs};
use super::ending::OnScreen;
use super::print;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::export::frame::Format;
use crate::tui::demo::{Script, headless};
use crate::tui::{self, Options};

#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    #[command(flatten)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Write the tour to FILE as an asciicast, without a terminal; asciinema plays it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pictures", "check"])]
    pub record: Option<PathBuf>,
    /// Write the pictures that the script names into FOLDER, as SVG, over older ones
    #[arg(long, value_name = "FOLDER")]
    pub pictures: Option<PathBuf>,
    /// Play the tour without a terminal and say whether its claims hold; ends with 1 where one does not
    #[arg(long)]
    pub check: bool,
    /// Columns and rows of a recording and of pictures
    #[arg(long, value_name = "COLSxROWS", default_value = "120x40", value_parser = size)]
    pub size: (u16, u16),
    /// List the actions that a script can press, and end
    #[arg(long)]
    pub actions: bool,
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let number = |text: &str| text.trim().parse::<u16>().ok();
    let pair =
        text.split_once(['x', 'X']).and_then(|(columns, rows)| Some((number(columns)?, number(rows)?)));
    match pair {
        Some((columns, rows)) if (40..=500).contains(&columns) && (16..=200).contains(&rows) => {
            Ok((columns, rows))
        }
        Some(_) => Err("from 40x16 to 500x200".to_owned()),
        None => Err("two numbers with an x between, as in 120x40".to_owned()),
    }
}

/// # Errors
/// When the script or the collection is wrong, there is no terminal, or a claim does not hold.
pub fn run(args: &DemoArgs) -> Result<()> {
    if args.actions {
        return print(&tui::actions_as_text());
    }
    let script = script(&args.screen, &args.engine)?;
    let options = screen_options(&args.screen, &args.engine, Some(script))?;
    if let Some(file) = &args.record {
        let engine = args.engine.options(true)?;
        let cast = headless::record(&options, args.size, move |sink| {
            Engine::start(engine, sink).map(OnScreen::new)
        })?;
        std::fs::write(file, cast).map_err(|error| Error::io("cannot write the recording", file, &error))?;
        return print(&format!("wrote {}: asciinema play {0}\n", file.display()));
    }
    if args.pictures.is_some() || args.check {
        return play(args, &options);
    }
    super::show(options, &args.engine)
}

/// The script that is asked for, or the built-in one, which is of the sample collection.
pub fn script(screen: &ScreenArgs, engine: &EngineArgs) -> Result<Arc<Script>> {
    match &screen.demo {
        Some(file) => Script::read(file).map(Arc::new),
        None if engine.collection.is_none() => Script::built_in().map(Arc::new),
        None => Err(Error::usage("the built-in tour is of the sample collection")
            .advise("--demo FILE plays a script of your own; docs/demo.md says what it may hold")),
    }
}

/// What the screen is told.
pub fn screen_options(
    screen: &ScreenArgs,
    engine: &EngineArgs,
    tour: Option<Arc<Script>>,
) -> Result<Options> {
    let mut options = super::screen::options_of_screen(screen, engine, &engine.options(true)?)?;
    if tour.is_some() {
        // A tour begins where its script says, and leaves nothing for the next start.
        options.restored = None;
        options.files.session = None;
    }
    let is_sample = engine.collection.is_none() && !engine.input.stands_alone();
    let script = tour.clone().or_else(|| is_sample.then(Script::built_in)?.ok().map(Arc::new));
    Ok(Options { tour, script, ..options })
}

/// Without a terminal: writes the pictures and checks the claims.
fn play(args: &DemoArgs, options: &Options) -> Result<()> {
    let engine = args.engine.options(true)?;
    let script = options.tour.clone();
    let steps = script.as_ref().map_or(&[][..], |script| &script.steps);
    let file = script.as_ref().map_or_else(PathBuf::new, |script| script.file.clone());
    let (mut broken, mut claims, mut written) = (Vec::new(), 0, 0);
    if let Some(folder) = &args.pictures {
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::io("cannot make the folder", folder, &error))?;
    }
    headless::play(
        options,
        args.size,
        move |sink| Engine::start(engine, sink).map(OnScreen::new),
        |moment| {
            let Some(step) = steps.get(moment.at).filter(|_| moment.complete) else { return Ok(()) };
            if let Some(complaint) = moment.complaint() {
                return Err(Error::input(complaint.to_owned()));
            }
            claims += step.claims.len();
            broken.extend(
                moment
                    .broken_claims()
                    .into_iter()
                    .map(|fault| format!("{}:{}: {fault}", file.display(), step.line)),
            );
            if let (Some(folder), Some(name)) = (&args.pictures, &step.picture) {
                write(folder, name, &moment.picture(Format::Svg, &step.caption))?;
                written += 1;
            }
            Ok(())
        },
    )?;
    if !broken.is_empty() {
        let list = broken.join("\n");
        return Err(Error::new(ErrorKind::Threshold, format!("what the script says is not so:\n{list}")));
    }
    let pictures = args
        .pictures
        .as_ref()
        .map_or_else(String::new, |folder| format!(", {written} pictures written to {}", folder.display()));
    print(&format!("{} steps, all {claims} claims hold{pictures}\n", steps.len()))
}

fn write(folder: &Path, name: &str, picture: &str) -> Result<()> {
    let file = folder.join(format!("{name}.svg"));
    std::fs::write(&file, picture).map_err(|error| Error::io("cannot write the picture", &file, &error))
}
