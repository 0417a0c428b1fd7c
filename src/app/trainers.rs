//! The threads of a race, or of training on a text: one for each contestant, told what to do over a channel, telling what
//! happened over another.
//!
//! A thread looks at its orders between two updates and at its flag between two blocks of an update,
//! so ending it takes a few milliseconds, and nothing waits for that. The updates themselves share
//! rayon's pool, which has a thread a core.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::models::ConfigError;
use crate::training::contestant::Contestant;
use crate::training::course::Subject;
use crate::training::live::{Order, Report};

/// Between two reports of a contestant that is training.
const PAUSE: Duration = Duration::from_millis(50);

/// A contestant and what has been reported of it.
struct Desk {
    contestant: Contestant,
    generation: u64,
    at: usize,
    updates_told: usize,
    kept_told: usize,
    seconds: f64,
    reached_after: Option<f64>,
}

impl Desk {
    fn new(subject: &Subject, at: usize, generation: u64) -> Result<Self, ConfigError> {
        Ok(Self {
            contestant: subject.contestant(at)?,
            generation,
            at,
            updates_told: 0,
            kept_told: 0,
            seconds: 0.0,
            reached_after: None,
        })
    }

    /// One update; false where it was cancelled.
    fn step(&mut self, cancelled: &AtomicBool) -> bool {
        let start = Instant::now();
        let goes_on = self.contestant.step(cancelled);
        self.seconds += start.elapsed().as_secs_f64();
        if self.contestant.reached().is_some() {
            self.reached_after.get_or_insert(self.seconds);
        }
        goes_on
    }

    fn rewind(&mut self, generation: u64) {
        self.contestant.rewind();
        self.generation = generation;
        self.updates_told = 0;
        self.kept_told = 0;
        self.seconds = 0.0;
        self.reached_after = None;
    }

    /// What happened since the last call.
    fn report(&mut self) -> Report {
        let contestant = &self.contestant;
        let progress = contestant.history()[self.updates_told..].to_vec();
        let kept = contestant.kept()[self.kept_told..].to_vec();
        self.updates_told += progress.len();
        self.kept_told += kept.len();
        Report {
            generation: self.generation,
            contestant: self.at,
            progress,
            kept,
            latest: contestant.latest().cloned(),
            parameters: contestant.parameters().clone(),
            seconds: self.seconds,
            reached: contestant.reached().zip(self.reached_after),
            diverged: contestant.diverged(),
            is_finished: contestant.is_finished(),
        }
    }
}

/// A thread that trains.
struct Worker {
    orders: Sender<Order>,
    cancelled: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// All threads of a race. Dropping it ends them.
pub struct Trainers {
    workers: Vec<Worker>,
    reports: Receiver<Report>,
    outbox: Sender<Report>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Trainers {
    /// No threads yet; `wake` is called when there is a report.
    #[must_use]
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (outbox, reports) = channel();
        Self { workers: Vec::new(), reports, outbox, wake }
    }

    /// Carries an order out, or has it carried out; waits for nothing.
    ///
    /// # Errors
    /// If the settings do not make a model, or the system gives no thread.
    pub fn perform(&mut self, order: Order) -> Result<(), String> {
        match order {
            Order::Prepare(generation, subject) => {
                drop(self.end());
                for at in 0..subject.lanes() {
                    let worker = self.hire(&subject, at, generation)?;
                    self.workers.push(worker);
                }
            }
            Order::End => drop(self.end()),
            order => {
                for worker in &self.workers {
                    // One that has ended has nothing left to do.
                    let _ = worker.orders.send(order.clone());
                }
            }
        }
        Ok(())
    }

    /// The reports that have come.
    pub fn collect(&self) -> impl Iterator<Item = Report> {
        self.reports.try_iter()
    }

    /// The next report; none where there was none for so long.
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> Option<Report> {
        self.reports.recv_timeout(timeout).ok()
    }

    /// Ends all threads, and gives what to join to be sure of it.
    #[must_use = "dropped, the threads end by themselves"]
    pub fn end(&mut self) -> Vec<JoinHandle<()>> {
        for worker in &self.workers {
            worker.cancelled.store(true, Ordering::Relaxed);
        }
        self.workers.drain(..).map(|worker| worker.thread).collect()
    }

    fn hire(&self, subject: &Subject, at: usize, generation: u64) -> Result<Worker, String> {
        let (orders, inbox) = channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let (flag, outbox, wake) =
            (Arc::clone(&cancelled), self.outbox.clone(), Arc::clone(&self.wake));
        let mut desk = Desk::new(subject, at, generation).map_err(|e| e.to_string())?;
        let work = move || {
            let report = |desk: &mut Desk| {
                let is_wanted = outbox.send(desk.report()).is_ok();
                wake();
                is_wanted
            };
            train(&mut desk, &inbox, &flag, report);
        };
        let thread = std::thread::Builder::new().name(format!("train {at}"));
        let thread = thread.spawn(work).map_err(|error| error.to_string())?;
        Ok(Worker { orders, cancelled, thread })
    }
}

impl Drop for Trainers {
    fn drop(&mut self) {
        drop(self.end());
    }
}

/// A thread's work, until its flag is set or nobody is there any more.
fn train(
    desk: &mut Desk,
    inbox: &Receiver<Order>,
    cancelled: &AtomicBool,
    report: impl Fn(&mut Desk) -> bool,
) {
    let mut is_running = false;
    let mut reported = Instant::now();
    if !desk.contestant.measure_start(cancelled) || !report(desk) {
        return;
    }
    loop {
        let order = if is_running { inbox.try_recv() } else { inbox.recv().map_err(Into::into) };
        let mut is_due = false;
        match order {
            Ok(Order::Go) => is_running = true,
            Ok(Order::Once) => {
                is_running = false;
                is_due = true;
                if !desk.step(cancelled) {
                    return;
                }
            }
            Ok(Order::Rewind(generation)) => {
                is_running = false;
                is_due = true;
                desk.rewind(generation);
                if !desk.contestant.measure_start(cancelled) {
                    return;
                }
            }
            Ok(Order::Wait) => {
                is_running = false;
                is_due = true;
            }
            Ok(Order::Prepare(..) | Order::End) | Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) => {}
        }
        if is_running && !is_due {
            if !desk.step(cancelled) {
                return;
            }
            is_running = !desk.contestant.is_finished();
            is_due = !is_running || reported.elapsed() >= PAUSE;
            // The window's thread comes first where there are fewer cores than threads.
            std::thread::yield_now();
        }
        if is_due {
            if !report(desk) {
                return;
            }
            reported = Instant::now();
        }
    }
}

/// A race without threads, for a window without a screen: single updates are made at once.
#[derive(Default)]
pub struct Inline {
    desks: Vec<Desk>,
}

impl Inline {
    /// Carries an order out; training that goes on by itself is not done here.
    #[must_use]
    pub fn perform(&mut self, order: Order) -> Vec<Report> {
        let never = AtomicBool::new(false);
        match order {
            Order::Prepare(generation, subject) => {
                let desks =
                    (0..subject.lanes()).filter_map(|at| Desk::new(&subject, at, generation).ok());
                self.desks = desks.collect();
            }
            Order::Once => self.desks.iter_mut().for_each(|desk| {
                desk.step(&never);
            }),
            Order::Rewind(generation) => {
                self.desks.iter_mut().for_each(|desk| desk.rewind(generation));
            }
            Order::End => self.desks.clear(),
            Order::Go | Order::Wait => {}
        }
        self.desks
            .iter_mut()
            .map(|desk| {
                desk.contestant.measure_start(&never);
                desk.report()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::live::{Live, Phase, TrainCommand};
    use crate::training::race::Settings;

    fn perform(trainers: &mut Trainers, orders: Vec<Order>) {
        orders.into_iter().for_each(|order| trainers.perform(order).unwrap());
    }

    /// Takes reports until `is_enough`, or fails after a minute.
    fn train_until(trainers: &Trainers, live: &mut Live, is_enough: impl Fn(&Live) -> bool) {
        let start = Instant::now();
        while !is_enough(live) {
            assert!(start.elapsed() < Duration::from_mins(1), "nothing is reported");
            if let Some(report) = trainers.wait(Duration::from_millis(100)) {
                live.take(report);
            }
        }
    }

    fn losses(live: &Live, updates: usize) -> Vec<Vec<u32>> {
        let of = |lane: &crate::training::live::Lane| {
            lane.history[..updates].iter().map(|progress| progress.loss.to_bits()).collect()
        };
        live.lanes().iter().map(of).collect()
    }

    #[test]
    fn threads_give_the_numbers_of_a_race_in_step_and_again_after_a_rewind() {
        const UPDATES: usize = 6;
        let settings = Settings { hidden: 4, length: 6, ..Settings::default() };
        let mut live = Live::new(settings.clone());
        let mut trainers = Trainers::new(Arc::new(|| ()));
        let has_trained = |live: &Live| live.lanes().iter().all(|lane| lane.updates() >= UPDATES);
        perform(&mut trainers, live.apply(TrainCommand::Start));
        train_until(&trainers, &mut live, has_trained);
        let first = losses(&live, UPDATES);
        perform(&mut trainers, live.apply(TrainCommand::Rewind));
        assert_eq!(live.phase(), Phase::Paused);
        assert!(live.lanes().iter().all(|lane| lane.updates() == 0));
        perform(&mut trainers, live.apply(TrainCommand::Start));
        train_until(&trainers, &mut live, has_trained);
        assert_eq!(losses(&live, UPDATES), first);
        let mut race = crate::training::race::Race::new(&settings).unwrap();
        (0..UPDATES).for_each(|_| race.step());
        for (lane, contestant) in live.lanes().iter().zip(race.contestants()) {
            assert_eq!(lane.history[..UPDATES], *contestant.history());
            let kept = contestant.kept();
            assert_eq!(lane.kept[..kept.len()], *kept);
        }
    }

    #[test]
    fn ending_waits_for_no_update_and_nothing_is_reported_afterwards() {
        // One update of these sizes takes tens of milliseconds, a measurement more.
        let settings = Settings { hidden: 128, length: 100, ..Settings::default() };
        let mut live = Live::new(settings);
        let mut trainers = Trainers::new(Arc::new(|| ()));
        perform(&mut trainers, live.apply(TrainCommand::Start));
        std::thread::sleep(Duration::from_millis(30));
        let start = Instant::now();
        let threads = trainers.end();
        assert!(start.elapsed() < Duration::from_millis(20), "the window waited");
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let _ = trainers.collect().count();
        assert!(trainers.wait(Duration::from_millis(50)).is_none());
    }

    #[test]
    fn threads_end_when_the_window_is_gone() {
        let mut live = Live::new(Settings { hidden: 4, length: 6, ..Settings::default() });
        let mut trainers = Trainers::new(Arc::new(|| ()));
        perform(&mut trainers, live.apply(TrainCommand::Start));
        let flags: Vec<_> = trainers.workers.iter().map(|w| Arc::clone(&w.cancelled)).collect();
        drop(trainers);
        // Each thread holds a share of its flag until it ends.
        let start = Instant::now();
        while flags.iter().any(|flag| Arc::strong_count(flag) > 1) {
            assert!(start.elapsed() < Duration::from_mins(1), "a thread goes on");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
