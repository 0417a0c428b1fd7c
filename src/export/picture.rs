//! A drawing as a list of marks, in points from its upper left corner: what a view of the window is
//! taken apart into, so that it can be written as vectors.

use crate::palette::Rgb;

/// A point of the page: right, down.
pub type Point = [f32; 2];

/// Everything on a page, from back to front.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Width and height.
    pub size: [f32; 2],
    /// The marks.
    pub marks: Vec<Placed>,
}

/// A mark and the part of the page that it is seen in.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Outside of this nothing of it is seen; `None` where all of it is.
    pub clip: Option<Bounds>,
    /// What is drawn.
    pub mark: Mark,
}

/// A rectangle between two corners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The upper left corner.
    pub min: Point,
    /// The lower right corner.
    pub max: Point,
}

impl Bounds {
    /// Width and height.
    #[must_use]
    pub fn size(self) -> [f32; 2] {
        [self.max[0] - self.min[0], self.max[1] - self.min[1]]
    }
}

/// A colour and how much it covers, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// The colour.
    pub rgb: Rgb,
    /// How much of what lies behind it hides.
    pub opacity: f32,
}

/// A line's ink and width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pen {
    /// The colour.
    pub ink: Ink,
    /// The width in points.
    pub width: f32,
}

/// The kind of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// For words.
    Sans,
    /// For headings.
    Bold,
    /// For numbers and names of values.
    Mono,
}

/// One thing on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A rectangle with rounded corners.
    Rectangle {
        /// Where.
        bounds: Bounds,
        /// The radius of its corners.
        radius: f32,
        /// What it is filled with.
        fill: Option<Ink>,
        /// Its outline, whose middle is the bounds.
        pen: Option<Pen>,
    },
    /// An ellipse along the axes.
    Ellipse {
        /// Its middle.
        center: Point,
        /// Half of its width and height.
        radii: [f32; 2],
        /// What it is filled with.
        fill: Option<Ink>,
        /// Its outline.
        pen: Option<Pen>,
    },
    /// Straight lines from point to point.
    Path {
        /// The points.
        points: Vec<Point>,
        /// Whether the last is joined to the first.
        closed: bool,
        /// What it is filled with.
        fill: Option<Ink>,
        /// The line.
        pen: Option<Pen>,
    },
    /// Rectangles without outlines that do not overlap: the cells of a grid of numbers.
    Cells(Vec<(Bounds, Ink)>),
    /// A line of text.
    Text {
        /// Where its baseline begins.
        at: Point,
        /// The text.
        text: String,
        /// The size of the letters.
        size: f32,
        /// How wide it is set.
        width: f32,
        /// Its colour.
        ink: Ink,
        /// Its letters.
        face: Face,
        /// How far it is turned clockwise about its beginning, in degrees.
        turned: f32,
    },
    /// A picture made of pixels.
    Image {
        /// Where.
        bounds: Bounds,
        /// Pixels across and down.
        pixels: [u32; 2],
        /// Red, green, blue, alpha for each, row by row.
        rgba: Vec<u8>,
        /// Whether it is smooth between its pixels.
        smooth: bool,
    },
    /// Something that is a vector drawing already, such as a formula.
    Drawing {
        /// Where.
        bounds: Bounds,
        /// Its own width and height.
        size: [f32; 2],
        /// Elements of SVG in its own coordinates.
        elements: String,
    },
}
