//! RWKV's block as Peng et al. 2023 draw it (figs. 2 and 3): time mixing below, channel mixing above,
//! the residual stream at the left of both.

use super::Form;
use crate::models::Diagram;
use crate::models::diagram::Mark;

/// Where the stream runs.
const STREAM: f32 = 20.0;
/// What is kept from the position before stands at the left, what is passed on at the right.
const BEFORE: f32 = 6.0;
const AFTER: f32 = 94.0;

/// One layer.
pub(super) fn diagram(form: Form) -> Diagram {
    let mut d = Diagram::new([100.0, 108.0], [12.0, 3.0, 76.0, 93.0]);
    // LayerNorm is g ⊙ (x standardised) + s, so the stream is where this path ends.
    let x = d.operand("time.ln1", &[0, 1, 0], 0, [STREAM, 103.0], Mark::Strip);
    let x = time_mixing(&mut d, x, form);
    channel_mixing(&mut d, x);
    d
}

/// Gives the place of the stream behind it.
fn time_mixing(d: &mut Diagram, x: usize, form: Form) -> usize {
    let [r_at, k_at, v_at] = [34.0, 56.0, 78.0];
    let (bus_x, bus_before, signs, layers) = (91.0, 85.0, 79.0, 70.0);
    let (state, turn, out, sum) = (63.5, 60.5, 56.0, 48.0);
    let a = d.place("time.ln1", [r_at, bus_x], Mark::Strip);
    let before = d.previous("time.ln1", [BEFORE, bus_before]);
    d.wire(x, &[[STREAM, 100.0], [STREAM, sum + 2.4]]);
    d.wire(x, &[[STREAM, bus_x], [r_at - 4.5, bus_x]]);
    d.branch(a, &[[r_at + 4.5, bus_x], [v_at + 1.2, bus_x]]);
    d.branch(before, &[[BEFORE + 4.5, bus_before], [v_at - 1.2, bus_before]]);
    let mut inside = Vec::new();
    for (value, mixed, at, letter) in [
        ("time.receptance", "time.receptance_input", r_at, "σ"),
        ("time.key", "time.key_input", k_at, "W"),
        ("time.value", "time.value_input", v_at, "W"),
    ] {
        let mixed = d.place(mixed, [at, signs], Mark::Sign("μ"));
        let start = if (at - r_at).abs() < 0.1 { bus_x - 3.0 } else { bus_x };
        d.wire(a, &[[at + 1.2, start], [at + 1.2, signs + 2.2]]);
        d.wire(before, &[[at - 1.2, bus_before], [at - 1.2, signs + 2.2]]);
        let layer = d.place(value, [at, layers], Mark::Layer(letter));
        d.wire(mixed, &[[at, signs - 2.0], [at, layers + 4.6]]);
        inside.push(layer);
    }
    let wkv_at = 0.5 * (k_at + v_at);
    let wkv = d.place("time.wkv", [wkv_at, out], Mark::Strip);
    for (layer, at, side) in [(inside[1], k_at, -1.5), (inside[2], v_at, 1.5)] {
        let to = wkv_at + side;
        d.wire(layer, &[[at, layers - 4.0], [at, turn], [to, turn], [to, out + 3.2]]);
    }
    if form == Form::Recurrent {
        // The state runs through: wkv is read from it, key and value are written to it.
        for (at, name) in
            [(state, "time.numerator"), (74.0, "time.denominator"), (53.0, "time.max")]
        {
            let old = d.previous(name, [BEFORE, at]);
            let new = d.place(name, [AFTER, at], Mark::Strip);
            if (at - state).abs() < 0.1 {
                d.wire(old, &[[BEFORE + 4.5, at], [AFTER - 4.7, at]]);
                d.wire(old, &[[wkv_at, at], [wkv_at, out + 3.2]]);
            } else {
                d.branch(old, &[[BEFORE + 4.5, at], [13.5, at], [13.5, state]]);
                d.wire(new, &[[86.5, state], [86.5, at], [AFTER - 4.7, at]]);
            }
        }
    }
    let gated = d.operand("time.output", &[0], 0, [r_at, out], Mark::Sign("×"));
    let output = d.place("time.output", [r_at, sum], Mark::Layer("W"));
    d.wire(inside[0], &[[r_at, layers - 4.0], [r_at, out + 2.4]]);
    d.wire(wkv, &[[wkv_at - 4.5, out], [r_at + 2.4, out]]);
    d.wire(gated, &[[r_at, out - 2.0], [r_at, sum + 4.6]]);
    d.wire(output, &[[r_at - 4.5, sum], [STREAM + 2.4, sum]]);
    d.place("time.stream", [STREAM, sum], Mark::Sign("+"))
}

fn channel_mixing(d: &mut Diagram, x: usize) {
    let [r_at, k_at] = [52.0, 76.0];
    let (stream, bus_x, bus_before, signs, layers, sum) = (48.0, 42.0, 36.5, 32.0, 23.0, 9.0);
    let a = d.place("channel.ln2", [r_at, bus_x], Mark::Strip);
    let before = d.previous("channel.ln2", [BEFORE, bus_before]);
    d.wire(x, &[[STREAM, stream - 2.0], [STREAM, sum + 2.4]]);
    d.wire(x, &[[STREAM, bus_x], [r_at - 4.5, bus_x]]);
    d.branch(a, &[[r_at + 4.5, bus_x], [k_at + 1.2, bus_x]]);
    d.branch(before, &[[BEFORE + 4.5, bus_before], [k_at - 1.2, bus_before]]);
    let mut inside = Vec::new();
    for (value, mixed, at, letter) in [
        ("channel.receptance", "channel.receptance_input", r_at, "σ"),
        ("channel.key", "channel.key_input", k_at, "ReLU²"),
    ] {
        let mixed = d.place(mixed, [at, signs], Mark::Sign("μ"));
        let start = if (at - r_at).abs() < 0.1 { bus_x - 3.0 } else { bus_x };
        d.wire(a, &[[at + 1.2, start], [at + 1.2, signs + 2.2]]);
        d.wire(before, &[[at - 1.2, bus_before], [at - 1.2, signs + 2.2]]);
        inside.push(d.place(value, [at, layers], Mark::Layer(letter)));
        d.wire(mixed, &[[at, signs - 2.0], [at, layers + 4.6]]);
    }
    let value = d.place("channel.value", [k_at, sum], Mark::Layer("W"));
    let output = d.place("channel.output", [r_at, sum], Mark::Sign("×"));
    d.wire(inside[1], &[[k_at, layers - 4.0], [k_at, sum + 4.6]]);
    d.wire(inside[0], &[[r_at, layers - 4.0], [r_at, sum + 2.4]]);
    d.wire(value, &[[k_at - 4.5, sum], [r_at + 2.4, sum]]);
    let next = d.place("channel.stream", [STREAM, sum], Mark::Sign("+"));
    d.wire(output, &[[r_at - 2.0, sum], [STREAM + 2.4, sum]]);
    d.branch(next, &[[STREAM, sum - 2.0], [STREAM, 0.5]]);
}
