//! A folder of lessons that is open while its files change: real files, real changes, bounded waits.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use unrolled::app::effects::Threads;
use unrolled::app::state::{Kept, OpenLesson, State};
use unrolled::app::update::{Effect, update};
use unrolled::lesson::Library;
use unrolled::view::Command;
use unrolled::view::command::Purpose;

/// Far longer than the program takes, so that only a change that never comes fails.
const PATIENCE: Duration = Duration::from_secs(30);

const FRONT: &str = "+++\ntitle = \"First\"\nmodel = \"lstm-brackets\"\ninput = \"()\"\n+++\n";

/// A window without a screen, with a folder of one lesson open at its second stop.
struct Desk {
    folder: PathBuf,
    state: State,
    threads: Threads,
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("unrolled-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("en")).unwrap();
        let mut threads = Threads::start(Arc::new(|| {})).unwrap();
        let mut state = State::new(Kept::default(), Library::default());
        write(&folder, "## A\n## B\n");
        threads.perform(Effect::Take(Purpose::Folder, folder.clone(), false), &mut state);
        let mut desk = Self { folder, state, threads };
        desk.until("the lesson is open", |open| open.lesson.title == "First");
        desk.command(Command::Stop(2));
        desk.command(Command::SetInput("([])".to_owned()));
        desk
    }

    fn command(&mut self, command: Command) {
        for effect in update(&mut self.state, command) {
            self.threads.perform(effect, &mut self.state);
        }
    }

    /// Waits until the open lesson is as it should be.
    #[track_caller]
    fn until(&mut self, what: &str, is_so: impl Fn(&OpenLesson) -> bool) {
        let start = Instant::now();
        loop {
            self.threads.collect(&mut self.state);
            if self.state.lesson.as_ref().is_some_and(&is_so) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // A test may have removed it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn write(folder: &Path, body: &str) {
    fs::write(folder.join("en/01-x.md"), format!("{FRONT}{body}")).unwrap();
}

#[test]
fn a_changed_file_is_on_the_page_and_the_learner_where_they_were() {
    let mut desk = Desk::new("changed");
    write(&desk.folder, "## Before\n## A\n## B\nMore\n");
    desk.until("the new stop is there", |open| open.lesson.stops.len() == 3);
    let open = desk.state.lesson.as_ref().unwrap();
    assert_eq!((open.stop, open.stale.clone()), (3, None));
    assert_eq!(desk.state.input, "([])");
    // A language that comes later is noticed too.
    let folder = desk.folder.join("zh");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("01-x.md"), format!("{FRONT}## A\n")).unwrap();
    let start = Instant::now();
    while desk.state.library.languages("x").count() < 2 {
        assert!(start.elapsed() < PATIENCE, "the translation is not noticed");
        desk.threads.collect(&mut desk.state);
        std::thread::sleep(Duration::from_millis(10));
    }
    fs::write(folder.join("01-x.md"), format!("{FRONT}## A\n## B\n")).unwrap();
    let start = Instant::now();
    while desk.state.library.get("zh", "x").map_or(0, |found| found.lesson.stops.len()) < 2 {
        assert!(start.elapsed() < PATIENCE, "the new folder is not watched");
        desk.threads.collect(&mut desk.state);
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_file_that_is_half_written_or_gone_leaves_the_last_good_version() {
    let mut desk = Desk::new("broken");
    let says = |said: &'static str| {
        move |open: &OpenLesson| open.stale.as_deref().is_some_and(|stale| stale.contains(said))
    };
    write(&desk.folder, "## A\n## B\n~~~stage\nviews = [");
    desk.until("a half-written block is reported", says("en/01-x.md:8:1"));
    fs::write(desk.folder.join("en/01-x.md"), b"").unwrap();
    desk.until("an empty file is reported", says("empty"));
    fs::remove_file(desk.folder.join("en/01-x.md")).unwrap();
    desk.until("a missing file is reported", says("no lessons"));
    let open = desk.state.lesson.as_ref().unwrap();
    assert_eq!((open.stop, open.lesson.stops.len()), (2, 2));
    assert_eq!(desk.state.input, "([])");
    write(&desk.folder, "## A\n## B\n## C\n");
    desk.until("the file is back", |open| open.stale.is_none() && open.lesson.stops.len() == 3);
    fs::remove_dir_all(&desk.folder).unwrap();
    desk.until("a missing folder is reported", says("unrolled-broken"));
}
