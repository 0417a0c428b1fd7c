//! A folder that is watched for changes, on a thread of its own.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

/// An editor writes a file in several steps; this long after the last one it is thought to be done.
const QUIET: Duration = Duration::from_millis(200);
/// A folder that never comes to rest is read all the same.
const PATIENCE: Duration = Duration::from_secs(2);

/// Watches a folder until it is dropped.
pub struct Watch {
    signals: Sender<Signal>,
}

enum Signal {
    Changed,
    Stop,
}

impl Watch {
    /// Calls `changed` soon after something in `folder`, or in a folder directly in it, has changed.
    ///
    /// # Errors
    /// If the system does not watch the folder or gives no thread; the message says how to go on.
    pub fn start(folder: &Path, changed: impl Fn() + Send + 'static) -> Result<Self, String> {
        let failed = |why: String| {
            let folder = folder.display();
            format!("{folder} is not watched ({why}); open it again to see what has changed in it")
        };
        let (signals, inbox) = channel();
        // Something may have changed since the folder was read and before it is watched.
        let _ = signals.send(Signal::Changed);
        let report = signals.clone();
        let handler = move |event: notify::Result<notify::Event>| {
            // Reading the folder is an access too, and must not lead to reading it again.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                // After the end nobody listens.
                let _ = report.send(Signal::Changed);
            }
        };
        let mut watcher =
            notify::recommended_watcher(handler).map_err(|error| failed(error.to_string()))?;
        watch_all(&mut watcher, folder).map_err(|error| failed(error.to_string()))?;
        let folder = folder.to_owned();
        let thread = std::thread::Builder::new().name("watch".to_owned());
        let work = move || wait(&inbox, watcher, &folder, &changed);
        thread.spawn(work).map_err(|error| failed(error.to_string()))?;
        Ok(Self { signals })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The thread may have ended before.
        let _ = self.signals.send(Signal::Stop);
    }
}

fn wait(
    inbox: &Receiver<Signal>,
    mut watcher: RecommendedWatcher,
    folder: &Path,
    changed: &dyn Fn(),
) {
    while let Ok(Signal::Changed) = inbox.recv() {
        let start = Instant::now();
        loop {
            match inbox.recv_timeout(QUIET) {
                Ok(Signal::Changed) if start.elapsed() < PATIENCE => {}
                Ok(Signal::Changed) | Err(RecvTimeoutError::Timeout) => break,
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        // A language's folder may be new. What cannot be watched is reported when it is read.
        let _ = watch_all(&mut watcher, folder);
        changed();
    }
}

/// Watches the folders that lessons are read from: this one and those directly in it, not whole trees.
fn watch_all(watcher: &mut RecommendedWatcher, folder: &Path) -> notify::Result<()> {
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    for entry in std::fs::read_dir(folder)?.flatten().filter(|entry| entry.path().is_dir()) {
        watcher.watch(&entry.path(), RecursiveMode::NonRecursive)?;
    }
    Ok(())
}
