//! What the worker still has to do, and in which order: the newest run, then what is to be measured
//! of it, then accuracy by length.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use super::state::{MeasureRequest, Run, RunRequest};
use crate::training::lengths::Piece;

/// A request to the worker.
pub(super) enum Work {
    Run(RunRequest),
    Measure(MeasureRequest),
    Explain(Box<Run>),
    Lengths(Vec<Piece>),
}

/// What the worker does next.
pub(super) enum Job {
    Run(RunRequest),
    Measure(MeasureRequest),
    Explain(Box<Run>),
    Length(Piece),
}

/// The newest request of each kind.
pub(super) struct Inbox {
    requests: Receiver<Work>,
    run: Option<RunRequest>,
    measure: Option<MeasureRequest>,
    explain: Option<Box<Run>>,
    lengths: VecDeque<Piece>,
    /// How many charts were asked for.
    charts: usize,
}

impl Inbox {
    pub(super) fn new(requests: Receiver<Work>) -> Self {
        let lengths = VecDeque::new();
        Self { requests, run: None, measure: None, explain: None, lengths, charts: 0 }
    }

    /// Waits for work; `None` when the window is gone.
    pub(super) fn next(&mut self) -> Option<Job> {
        self.take_all();
        while !self.has_newer() && self.explain.is_none() && self.lengths.is_empty() {
            let work = self.requests.recv().ok()?;
            self.put(work);
            self.take_all();
        }
        let run = self.run.take().map(Job::Run);
        let job = run.or_else(|| self.measure.take().map(Job::Measure));
        let job = job.or_else(|| self.explain.take().map(Job::Explain));
        job.or_else(|| self.lengths.pop_front().map(Job::Length))
    }

    fn has_newer(&self) -> bool {
        self.run.is_some() || self.measure.is_some()
    }

    /// Whether no newer run or measurement waits.
    pub(super) fn has_no_other(&mut self) -> bool {
        self.take_all();
        !self.has_newer()
    }

    /// Whether what is measured now is still of the newest run.
    pub(super) fn is_current(&mut self) -> bool {
        self.take_all();
        self.run.is_none()
    }

    /// The number of charts that were asked for, and whether nothing more urgent waits.
    pub(super) fn chart(&mut self) -> (usize, bool) {
        self.take_all();
        (self.charts, !self.has_newer() && self.explain.is_none())
    }

    /// Puts a piece back that was given up for something more urgent.
    pub(super) fn put_back(&mut self, piece: Piece) {
        self.lengths.push_front(piece);
    }

    fn take_all(&mut self) {
        while let Ok(work) = self.requests.try_recv() {
            self.put(work);
        }
    }

    /// A newer request cancels those before it; a new run, what was to be measured of the old.
    fn put(&mut self, work: Work) {
        match work {
            Work::Run(request) => {
                self.run = Some(request);
                self.measure = None;
                self.explain = None;
            }
            Work::Measure(request) => self.measure = Some(request),
            Work::Explain(run) => self.explain = Some(run),
            Work::Lengths(pieces) => {
                self.lengths = pieces.into();
                self.charts += 1;
            }
        }
    }
}
