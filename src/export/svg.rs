//! A picture as an SVG file: vector lines, vector text, the same bytes every time.
//!
//! Text is set as wide as the window set it (`textLength`), so that labels keep their places whatever
//! fonts the reader's machine has.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::ExtendedColorType;

use super::figure::{FigureError, png};
use super::picture::{Bounds, Face, Ink, Mark, Pen, Picture, Placed, Point};
use crate::palette::Rgb;

/// The window's fonts, then what comes near them on other machines.
const SANS: &str = "'Noto Sans','Noto Sans SC','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',Arial,sans-serif";
const MONO: &str =
    "Hack,'DejaVu Sans Mono',Menlo,Consolas,'Noto Sans SC','Noto Sans CJK SC',monospace";

/// Writes a picture.
///
/// # Errors
/// If an image in it cannot be encoded.
pub fn svg(picture: &Picture, title: &str) -> Result<Vec<u8>, FigureError> {
    let mut writer = Writer::default();
    let mut clip = None;
    for Placed { clip: wanted, mark } in &picture.marks {
        if *wanted != clip {
            if clip.is_some() {
                writer.out += "</g>\n";
            }
            if let Some(bounds) = wanted {
                let id = writer.clip(*bounds);
                writer.element(format_args!("<g clip-path=\"url(#{id})\">"));
            }
            clip = *wanted;
        }
        writer.mark(mark)?;
    }
    if clip.is_some() {
        writer.out += "</g>\n";
    }
    let [width, height] = picture.size.map(number);
    let title = escaped(title);
    let Writer { clips, out, .. } = writer;
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<title>{title}</title>\n"
    );
    if !clips.is_empty() {
        text = text + "<defs>\n" + clips.as_str() + "</defs>\n";
    }
    text += &out;
    text += "</svg>\n";
    Ok(text.into_bytes())
}

#[derive(Default)]
struct Writer {
    clips: String,
    /// The clips so far, as written.
    known: Vec<String>,
    out: String,
}

impl Writer {
    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(element);
        self.out.push('\n');
    }

    /// The name of a clip, defined once.
    fn clip(&mut self, bounds: Bounds) -> String {
        let shape = place(bounds);
        let at = self.known.iter().position(|known| *known == shape).unwrap_or_else(|| {
            let id = self.known.len();
            let _ = writeln!(self.clips, "<clipPath id=\"c{id}\"><rect{shape}/></clipPath>");
            self.known.push(shape);
            id
        });
        format!("c{at}")
    }

    fn mark(&mut self, mark: &Mark) -> Result<(), FigureError> {
        match mark {
            Mark::Rectangle { bounds, radius, fill, pen } => {
                let [place, look] = [place(*bounds), look(*fill, *pen)];
                let mut round = String::new();
                if *radius > 0.0 {
                    round = format!(" rx=\"{}\"", number(*radius));
                }
                self.element(format_args!("<rect{place}{round}{look}/>"));
            }
            Mark::Ellipse { center: [x, y], radii: [rx, ry], fill, pen } => {
                let look = look(*fill, *pen);
                let [x, y, rx, ry] = [*x, *y, *rx, *ry].map(number);
                let radii = if rx == ry {
                    format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{rx}\"")
                } else {
                    format!("<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\"")
                };
                self.element(format_args!("{radii}{look}/>"));
            }
            Mark::Path { points, closed, fill, pen } => self.path(points, *closed, *fill, *pen),
            Mark::Cells(cells) => self.cells(cells),
            Mark::Text { at, text, size, width, ink, face, turned } => {
                self.text(*at, text, (*size, *width), *ink, *face, *turned);
            }
            Mark::Image { bounds, pixels: [width, height], rgba, smooth } => {
                let file = png(rgba, *width, *height, ExtendedColorType::Rgba8)?;
                let place = place(*bounds);
                let data = STANDARD.encode(file);
                let look = if *smooth { "" } else { " image-rendering=\"optimizeSpeed\"" };
                self.element(format_args!(
                    "<image{place} preserveAspectRatio=\"none\"{look} \
                     xlink:href=\"data:image/png;base64,{data}\"/>"
                ));
            }
            Mark::Drawing { bounds, size, elements } => {
                let room = bounds.size();
                let scale = [0, 1].map(|axis| number_to(room[axis] / size[axis].max(1e-6), 4));
                let [x, y] = bounds.min.map(number);
                let [across, down] = scale;
                self.element(format_args!(
                    "<g transform=\"translate({x} {y}) scale({across} {down})\">{elements}</g>"
                ));
            }
        }
        Ok(())
    }

    fn path(&mut self, points: &[Point], closed: bool, fill: Option<Ink>, pen: Option<Pen>) {
        let look = look(fill, pen);
        if let ([from, to], false) = (points, closed) {
            let [x1, y1, x2, y2] = [from[0], from[1], to[0], to[1]].map(number);
            self.element(format_args!(
                "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{look}/>"
            ));
            return;
        }
        let corners: Vec<String> =
            points.iter().map(|[x, y]| format!("{},{}", number(*x), number(*y))).collect();
        let name = if closed { "polygon" } else { "polyline" };
        let joined = if pen.is_some() { " stroke-linejoin=\"round\"" } else { "" };
        self.element(format_args!("<{name} points=\"{}\"{look}{joined}/>", corners.join(" ")));
    }

    /// All cells of a colour as one path. Between neighbours nothing may shine through, so edges are
    /// not smoothed.
    fn cells(&mut self, cells: &[(Bounds, Ink)]) {
        let mut colors: BTreeMap<(Rgb, u32), String> = BTreeMap::new();
        for (bounds, ink) in cells.iter().filter(|(_, ink)| ink.opacity > 0.0) {
            let path = colors.entry((ink.rgb, ink.opacity.to_bits())).or_default();
            let ([x, y], [w, h]) = (bounds.min.map(number), bounds.size().map(number));
            let _ = write!(path, "M{x} {y}h{w}v{h}h-{w}z");
        }
        self.element(format_args!("<g shape-rendering=\"crispEdges\">"));
        for ((rgb, opacity), path) in colors {
            let look = look(Some(Ink { rgb, opacity: f32::from_bits(opacity) }), None);
            self.element(format_args!("<path d=\"{path}\"{look}/>"));
        }
        self.element(format_args!("</g>"));
    }

    fn text(
        &mut self,
        [x, y]: Point,
        text: &str,
        (size, width): (f32, f32),
        ink: Ink,
        face: Face,
        turned: f32,
    ) {
        let letters = text.chars().count();
        let [x, y, size, width] = [x, y, size, width].map(number);
        let mut look = look(Some(ink), None);
        let family = if face == Face::Mono { MONO } else { SANS };
        if face == Face::Bold {
            look += " font-weight=\"bold\"";
        }
        // A single letter has its own width.
        if letters > 1 {
            let _ = write!(look, " textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\"");
        }
        if turned != 0.0 {
            let _ = write!(look, " transform=\"rotate({} {x} {y})\"", number(turned));
        }
        if text.contains("  ") {
            look += " xml:space=\"preserve\"";
        }
        self.element(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-family=\"{family}\" font-size=\"{size}\"{look}>{}</text>",
            escaped(text)
        ));
    }
}

/// Position and size as attributes.
fn place(bounds: Bounds) -> String {
    let ([x, y], [width, height]) = (bounds.min.map(number), bounds.size().map(number));
    format!(" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"")
}

/// Filling and outline as attributes.
fn look(fill: Option<Ink>, pen: Option<Pen>) -> String {
    let mut look = match fill {
        Some(ink) => paint("fill", ink),
        None => " fill=\"none\"".to_owned(),
    };
    if let Some(Pen { ink, width }) = pen {
        look += &paint("stroke", ink);
        let _ = write!(look, " stroke-width=\"{}\"", number(width));
    }
    look
}

fn paint(name: &str, Ink { rgb: [r, g, b], opacity }: Ink) -> String {
    let mut paint = format!(" {name}=\"#{r:02x}{g:02x}{b:02x}\"");
    if opacity < 1.0 {
        let _ = write!(paint, " {name}-opacity=\"{}\"", number_to(opacity, 3));
    }
    paint
}

/// A coordinate: hundredths of a point are finer than any printer.
fn number(x: f32) -> String {
    number_to(x, 2)
}

fn number_to(x: f32, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as XML can hold it; control characters it cannot.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Ink = Ink { rgb: [0, 0, 0], opacity: 1.0 };

    fn written(marks: Vec<Mark>) -> String {
        let marks = marks.into_iter().map(|mark| Placed { clip: None, mark }).collect();
        let picture = Picture { size: [100.0, 50.5], marks };
        String::from_utf8(svg(&picture, "a < b").unwrap()).unwrap()
    }

    #[test]
    fn text_is_escaped_and_set_as_wide_as_it_was() {
        let text = Mark::Text {
            at: [1.0, 20.456],
            text: "<\u{1}&σ".to_owned(),
            size: 12.5,
            width: 30.0,
            ink: BLACK,
            face: Face::Bold,
            turned: -90.0,
        };
        let svg = written(vec![text]);
        assert!(svg.contains(">&lt; &amp;σ</text>"), "{svg}");
        assert!(svg.contains("y=\"20.46\"") && svg.contains("textLength=\"30\""), "{svg}");
        assert!(svg.contains("font-weight=\"bold\"") && svg.contains("rotate(-90 1 20.46)"));
        assert!(svg.contains("<title>a &lt; b</title>") && svg.contains("height=\"50.5\""));
    }

    #[test]
    fn cells_of_a_colour_are_one_path_and_clips_are_defined_once() {
        let cell = |x: f32, rgb| {
            (Bounds { min: [x, 0.0], max: [x + 2.0, 3.0] }, Ink { rgb, opacity: 1.0 })
        };
        let cells =
            Mark::Cells(vec![cell(0.0, [1, 2, 3]), cell(2.0, [9, 9, 9]), cell(4.0, [1, 2, 3])]);
        let svg = written(vec![cells.clone()]);
        assert_eq!(svg.matches("<path").count(), 2, "{svg}");
        assert!(svg.contains("M0 0h2v3h-2zM4 0h2v3h-2z"), "{svg}");
        let clip = Some(Bounds { min: [0.0, 0.0], max: [1.0, 1.0] });
        let placed = |clip| Placed { clip, mark: cells.clone() };
        let marks = vec![placed(clip), placed(None), placed(clip)];
        let svg = super::svg(&Picture { size: [9.0, 9.0], marks }, "").unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert_eq!((svg.matches("<clipPath").count(), svg.matches("url(#c0)").count()), (1, 2));
    }
}
