//! The encoder–decoder as its papers draw it: at a position of the source the encoder's places are
//! filled, at one of the answer the decoder's.

use crate::models::diagram::{Diagram, Mark};

/// Columns of both: what comes from the position before, the encoder's step, what stands between,
/// the decoder's step, the answer.
const BEFORE: f32 = 6.0;
const ENCODER: f32 = 24.0;
const BETWEEN: f32 = 45.0;
const DECODER: f32 = 64.0;
const ANSWER: f32 = 84.0;

/// As in Cho et al. 2014, fig. 1: the encoder, one context, the decoder.
pub fn with_one_context() -> Diagram {
    let (decoder, encoder, inputs) = (18.0, 34.0, 48.0);
    let mut d = Diagram::new([92.0, 54.0], [13.0, 6.0, 62.0, 36.0]);
    encoder_step(&mut d, encoder, inputs, &[[ENCODER, decoder], [BETWEEN - 5.2, decoder]]);
    let c = d.place("decoder.context", [BETWEEN, decoder], Mark::Strip);
    let before = d.previous("decoder.hidden", [BETWEEN, encoder]);
    let x = d.place("decoder.input", [DECODER, inputs], Mark::Strip);
    let h = d.place("decoder.hidden", [DECODER, decoder], Mark::Layer("GRU"));
    d.place("prediction", [ANSWER, decoder], Mark::Strip);
    d.wire(c, &[[BETWEEN + 4.5, decoder], [DECODER - 5.2, decoder]]);
    let beside = DECODER - 3.0;
    d.wire(before, &[[BETWEEN + 4.5, encoder], [beside, encoder], [beside, decoder + 4.6]]);
    d.wire(x, &[[DECODER, inputs - 2.7], [DECODER, decoder + 4.6]]);
    d.wire(h, &[[DECODER + 4.6, decoder], [ANSWER - 5.2, decoder]]);
    d
}

/// As in Luong et al. 2015, fig. 2: the decoder's state asks, the encoder's states answer with their
/// weighted sum, and both together give the attentional state.
pub fn with_attention() -> Diagram {
    let (top, middle, step, inputs) = (14.0, 30.0, 46.0, 60.0);
    let mut d = Diagram::new([92.0, 66.0], [13.0, 5.0, 62.0, 49.0]);
    let (score, share) = (51.0, 37.0);
    let states = encoder_step(&mut d, step, inputs, &[[ENCODER, middle + 2.4]]);
    let before = d.previous("decoder.hidden", [BETWEEN, step]);
    let x = d.place("decoder.input", [DECODER, inputs], Mark::Strip);
    let h = d.place("decoder.hidden", [DECODER, step], Mark::Layer("GRU"));
    let e = d.place("decoder.score", [score, middle], Mark::Strip);
    let alpha = d.place("decoder.attention", [share, middle], Mark::Strip);
    let sum = d.place("decoder.context", [ENCODER, middle], Mark::Sign("Σ"));
    let c = d.place("decoder.context", [ENCODER, top], Mark::Strip);
    let a = d.place("decoder.attentional", [DECODER, top], Mark::Layer("tanh"));
    d.place("prediction", [ANSWER, top], Mark::Strip);
    d.wire(before, &[[BETWEEN + 4.5, step], [DECODER - 5.2, step]]);
    d.wire(x, &[[DECODER, inputs - 2.7], [DECODER, step + 4.6]]);
    let under = middle + 7.0;
    d.wire(states, &[[ENCODER, under], [score, under], [score, middle + 3.3]]);
    d.wire(h, &[[DECODER, middle], [score + 5.2, middle]]);
    d.wire(e, &[[score - 4.5, middle], [share + 5.2, middle]]);
    d.wire(alpha, &[[share - 4.5, middle], [ENCODER + 2.5, middle]]);
    d.wire(sum, &[[ENCODER, middle - 2.0], [ENCODER, top + 3.3]]);
    d.wire(c, &[[ENCODER + 4.5, top], [DECODER - 5.2, top]]);
    d.wire(h, &[[DECODER, step - 4.0], [DECODER, top + 4.6]]);
    d.wire(a, &[[DECODER + 4.6, top], [ANSWER - 5.2, top]]);
    d
}

/// The encoder's step, and where its state goes from there; the number of the state's place.
fn encoder_step(d: &mut Diagram, y: f32, inputs: f32, to: &[[f32; 2]]) -> usize {
    let before = d.previous("encoder.hidden", [BEFORE, y]);
    let x = d.place("encoder.input", [ENCODER, inputs], Mark::Strip);
    let h = d.place("encoder.hidden", [ENCODER, y], Mark::Layer("GRU"));
    d.wire(before, &[[BEFORE + 4.5, y], [ENCODER - 5.2, y]]);
    d.wire(x, &[[ENCODER, inputs - 2.7], [ENCODER, y + 4.6]]);
    d.wire(h, &[&[[ENCODER, y - 4.0]], to].concat());
    h
}
