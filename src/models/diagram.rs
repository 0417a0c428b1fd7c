//! Where an architecture's values stand when it is drawn as its papers draw it.
//!
//! Only data: the view colours it by a trace. Coordinates are in units of about one letter, x to
//! the right, y down.

/// A drawing of one step of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    /// Width and height.
    pub size: [f32; 2],
    /// The frame around what is repeated at every position: x, y, width, height.
    pub frame: [f32; 4],
    /// The drawn values.
    pub places: Vec<Place>,
    /// The drawn dependencies.
    pub wires: Vec<Wire>,
}

/// How a value is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A strip of cells, one a unit, with the value's symbol beside it.
    Strip,
    /// A box with a letter above a strip of cells: a layer with weights of its own.
    Layer(&'static str),
    /// A round sign: an operation without weights.
    Sign(&'static str),
}

/// A value in the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The named value.
    pub value: &'static str,
    /// Which of the nodes that it was computed from: the first input of its second input is
    /// `[1, 0]`; the value itself is `[]`.
    pub path: &'static [usize],
    /// 0 for the current position, −1 for the one before.
    pub offset: i32,
    /// The centre.
    pub at: [f32; 2],
    /// How it is drawn.
    pub mark: Mark,
}

/// A dependency in the drawing: from one place to another by right-angled turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// The number of the place whose value it carries.
    pub from: usize,
    /// The corners, from the first point to the last.
    pub points: Vec<[f32; 2]>,
    /// Whether it ends in an arrow head.
    pub arrow: bool,
}

impl Diagram {
    /// An empty drawing of the given size, with the frame of the repeated part.
    #[must_use]
    pub fn new(size: [f32; 2], frame: [f32; 4]) -> Self {
        Self { size, frame, ..Self::default() }
    }

    /// Draws a value of the current position; the number returned stands for it in wires.
    pub fn place(&mut self, value: &'static str, at: [f32; 2], mark: Mark) -> usize {
        self.operand(value, &[], 0, at, mark)
    }

    /// Draws a value of the position before.
    pub fn previous(&mut self, value: &'static str, at: [f32; 2]) -> usize {
        self.operand(value, &[], -1, at, Mark::Strip)
    }

    /// Draws a step of the calculation of a value.
    pub fn operand(
        &mut self,
        value: &'static str,
        path: &'static [usize],
        offset: i32,
        at: [f32; 2],
        mark: Mark,
    ) -> usize {
        self.places.push(Place { value, path, offset, at, mark });
        self.places.len() - 1
    }

    /// Draws what carries a value through the given points, ending in an arrow head.
    pub fn wire(&mut self, from: usize, points: &[[f32; 2]]) {
        self.wires.push(Wire { from, points: points.to_vec(), arrow: true });
    }

    /// The same without an arrow head, for a branch that others continue.
    pub fn branch(&mut self, from: usize, points: &[[f32; 2]]) {
        self.wires.push(Wire { from, points: points.to_vec(), arrow: false });
    }
}
