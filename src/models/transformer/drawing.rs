//! One layer of the encoder and one of the decoder beside it, as in figure 1 of the paper; of a decoder
//! alone, one layer of it.

use super::Config;
use super::layer::{Activation, Norm};
use crate::models::diagram::{Diagram, Mark};

/// Where the columns of the encoder and of the decoder stand.
const ENCODER: f32 = 22.0;
const DECODER: f32 = 62.0;
/// Where a decoder stands that is alone.
const ALONE: f32 = 44.0;
/// Heights from the input up: a sum, then a box and a sum for each sub-layer.
const INPUT: f32 = 82.0;
const FIRST_SUM: f32 = 71.5;
const STEP: f32 = 17.0;
const SIGN: f32 = 2.4;
const BOX: f32 = 4.6;

/// A sub-layer: the value of its box, the letter on it, and the stream behind it.
type Sub = (&'static str, &'static str, &'static str);

/// The drawing. Boxes are what the sub-layers compute, signs are where they are added to the stream.
pub fn of(config: &Config) -> Diagram {
    let act = match config.activation {
        Activation::Relu => "ReLU",
        Activation::Gelu => "GELU",
    };
    // What a sign adds up; in post-norm it is normalised afterwards.
    let pick = |pre, post| if config.norm == Norm::Pre { pre } else { post };
    let encoder: [Sub; 2] = [
        (
            "encoder.layer0.joined",
            "self",
            pick("encoder.layer0.self.stream", "encoder.layer0.self.sum"),
        ),
        (
            "encoder.layer0.feed_forward.inner",
            act,
            pick("encoder.layer0.feed_forward.stream", "encoder.layer0.feed_forward.sum"),
        ),
    ];
    let decoder: [Sub; 3] = [
        (
            "decoder.layer0.self.joined",
            "self",
            pick("decoder.layer0.self.stream", "decoder.layer0.self.sum"),
        ),
        (
            "decoder.layer0.cross.joined",
            "cross",
            pick("decoder.layer0.cross.stream", "decoder.layer0.cross.sum"),
        ),
        (
            "decoder.layer0.feed_forward.inner",
            act,
            pick("decoder.layer0.feed_forward.stream", "decoder.layer0.feed_forward.sum"),
        ),
    ];
    let mut d = Diagram::new([84.0, 90.0], [6.0, 14.0, 72.0, 62.0]);
    if !config.reads_source() {
        let own = [decoder[0], decoder[2]];
        let (top, sum) = column(&mut d, ALONE, ["decoder.input", "decoder.stream"], &own);
        d.place("prediction", [ALONE, 7.0], Mark::Strip);
        d.wire(sum, &[[ALONE, top - SIGN + 0.4], [ALONE, 11.0]]);
        return d;
    }
    let (top, sum) = column(&mut d, ENCODER, ["encoder.input", "encoder.stream"], &encoder);
    let memory = d.place("encoder.memory", [ENCODER, top - 9.5], Mark::Strip);
    d.wire(sum, &[[ENCODER, top - SIGN + 0.4], [ENCODER, top - 5.6]]);
    let (top, sum) = column(&mut d, DECODER, ["decoder.input", "decoder.stream"], &decoder);
    d.place("prediction", [DECODER, 7.0], Mark::Strip);
    d.wire(sum, &[[DECODER, top - SIGN + 0.4], [DECODER, 11.0]]);
    // What the encoder gives is asked by the cross attention of every layer.
    let cross = FIRST_SUM - 1.5 * STEP;
    let (start, turn) = (FIRST_SUM - 2.0 * STEP - 9.5, f32::midpoint(ENCODER, DECODER) + 1.0);
    let right = DECODER - BOX - 0.8;
    d.wire(memory, &[[ENCODER + 4.5, start], [turn, start], [turn, cross], [right, cross]]);
    d
}

/// One column, from its input up: the height of its last sum, and that sum.
fn column(
    d: &mut Diagram,
    x: f32,
    [input, stream]: [&'static str; 2],
    subs: &[Sub],
) -> (f32, usize) {
    let input = d.place(input, [x, INPUT], Mark::Strip);
    let mut sum = d.place(stream, [x, FIRST_SUM], Mark::Sign("+"));
    d.wire(input, &[[x, INPUT - 3.0], [x, FIRST_SUM + SIGN]]);
    let mut at = FIRST_SUM;
    for (value, letter, stream) in subs {
        let middle = at - STEP / 2.0;
        let layer = d.place(value, [x, middle], Mark::Layer(letter));
        d.wire(sum, &[[x, at - 2.0], [x, middle + BOX]]);
        // The stream passes beside the box.
        let (low, side) = (at - 2.9, x - 8.5);
        let next = at - STEP;
        d.wire(sum, &[[x, low], [side, low], [side, next], [x - SIGN, next]]);
        sum = d.place(stream, [x, next], Mark::Sign("+"));
        d.wire(layer, &[[x, middle - 4.0], [x, next + SIGN]]);
        at = next;
    }
    (at, sum)
}
