use super::*;
use crate::tensor::random::Random;
use crate::tensor::row;

fn cell(tape: &Tape) {
    let mut random = Random::new(1, 0);
    let w = tape.parameter("w_xf", "W_{xf}", Arc::new(random.array([2, 3], Random::normal)));
    let u = tape.parameter("w_hf", "W_{hf}", Arc::new(random.array([3, 3], Random::normal)));
    let b = tape.parameter("b_f", "b_f", Arc::new(random.array([1, 3], Random::normal)));
    let mut h = tape.initial("hidden", "h", -1, Array2::zeros([1, 3]));
    for t in 0..3 {
        tape.set_position(t);
        let x = tape.input("input", "x", row(&[0.5, -1.0]));
        let f = (x.dot(w) + h.dot(u) + b).sigmoid().named("forget_gate", "f");
        h = (f * h + f.complement()).named("hidden", "h");
    }
}

#[test]
fn every_op_has_a_name_a_formula_and_the_gradient_of_its_forward() {
    let mut random = Random::new(7, 0);
    for op in OPS {
        assert!(!op.name().is_empty());
        let (shapes, attribute) = op.example();
        // Away from 0, where ReLU has its kink and differences across it mean nothing.
        let inputs: Vec<_> = shapes
            .iter()
            .map(|shape| {
                random.array(*shape, |r| {
                    let x = r.normal();
                    x + 0.1_f32.copysign(x)
                })
            })
            .collect();
        let error = backward::gradient_error(*op, &attribute, &inputs, |at| {
            0.7 - 0.3 * (at as f32) + 0.11 * ((at * at) % 5) as f32
        });
        assert!(error < 2e-3, "{}: gradient off by {error}", op.name());
        let letters: Vec<_> = ["a", "b", "c"].iter().map(|s| equation::Tex::atom(*s)).collect();
        let latex = op.latex(&letters[..shapes.len()], &attribute).text;
        assert!(latex.contains('a'), "{}: {latex}", op.name());
    }
}

#[test]
fn what_a_tape_for_training_gives_back_is_read_by_no_backward_step() {
    let mut random = Random::new(8, 0);
    for op in OPS {
        let (shapes, attribute) = op.example();
        let start: Vec<_> = shapes.iter().map(|s| random.array(*s, Random::normal)).collect();
        let run = |tape: Tape| {
            let parameter = |(at, array): (usize, &Array2<f32>)| {
                tape.parameter(["a", "b", "c"][at], "w", Arc::new(array.clone()))
            };
            let parameters: Vec<_> = start.iter().enumerate().map(parameter).collect();
            // Unnamed before and behind, so that both may be given back.
            let inputs: Vec<_> = parameters.iter().map(|p| p.scale(0.5).node()).collect();
            let y = tape.apply(*op, attribute.clone(), &inputs);
            let (node, loss) = (y.node(), y.scale(2.0).sum().named("loss", "L").node());
            (1..3).for_each(|position| tape.set_position(position));
            let graph = tape.finish();
            let gradients = graph.parameter_gradients(loss);
            let of = |p: &NodeId| gradients.of(*p).cloned();
            let parameters: Vec<_> = (0..start.len() as u32).map(NodeId).collect();
            (parameters.iter().map(of).collect::<Vec<_>>(), inputs, node, graph)
        };
        let (kept, .., all) = run(Tape::recording());
        let (given_back, inputs, node, graph) = run(Tape::training());
        assert_eq!(kept, given_back, "{}", op.name());
        let is_kept = |node: &NodeId| !matches!(graph.node(*node).value, Value::GivenBack(_));
        let reads = op.reads();
        assert!(inputs.iter().all(|x| is_kept(x) == matches!(reads, Reads::Inputs | Reads::Both)));
        assert_eq!(is_kept(&node), matches!(reads, Reads::Output | Reads::Both), "{}", op.name());
        assert!(graph.bytes() < all.bytes(), "{}", op.name());
    }
}

#[test]
fn a_gradient_that_is_passed_on_whole_joins_those_already_there() {
    let tape = Tape::training();
    let w = tape.parameter("w", "w", Arc::new(row(&[3.0, -2.0])));
    let x = w.scale(1.0);
    let sum = x + x; // 2w
    let (w, loss) = (w.node(), (sum * x).sum().node()); // 2w²
    let gradients = tape.finish().parameter_gradients(loss);
    assert_eq!(gradients.of(w), Some(&row(&[12.0, -8.0]))); // 4w
}

#[test]
fn formulas_are_derived_from_what_ran() {
    let tape = Tape::recording();
    cell(&tape);
    let graph = tape.finish();
    let f = graph.at(graph.find("forget_gate").unwrap(), 1).unwrap();
    let h = graph.at(graph.find("hidden").unwrap(), 1).unwrap();
    let equation = graph.equation(f, &|_, symbol| symbol);
    assert_eq!(
        equation.latex(),
        r"f_{t} = \sigma\left(x_{t}\,W_{xf} + h_{t-1}\,W_{hf} + b_f\right)"
    );
    assert_eq!(equation.terms.len(), 5);
    assert_eq!(
        graph.equation(h, &|_, symbol| symbol).latex(),
        r"h_{t} = f_{t} \odot h_{t-1} + 1 - f_{t}"
    );
    let numbers = graph.equation_with_numbers(h, 0, 2);
    assert!(numbers.starts_with("h_{1}[2] = 0."), "{numbers}");
}

#[test]
fn a_value_is_found_by_name_and_position() {
    let tape = Tape::recording();
    cell(&tape);
    let graph = tape.finish();
    let hidden = graph.find("hidden").unwrap();
    assert_eq!(graph.everywhere(hidden).iter().map(|at| at.0).collect::<Vec<_>>(), [-1, 0, 1, 2]);
    assert!(graph.at(hidden, 3).is_none());
    let weight = graph.find("w_xf").unwrap();
    assert_eq!(graph.at(weight, 0), graph.at(weight, 2));
}

#[test]
fn lean_mode_keeps_the_same_named_values() {
    let (full, lean) = (Tape::recording(), Tape::lean());
    cell(&full);
    cell(&lean);
    let (full, lean) = (full.finish(), lean.finish());
    for (id, node) in full.nodes().filter(|(_, node)| node.name.is_some()) {
        assert_eq!(*node.value, *lean.value(id));
    }
    assert!(lean.bytes() < full.bytes());
}

#[test]
fn an_intervention_acts_where_the_value_is_named() {
    let edits = vec!["forget_gate[1][0..2]=0".parse().unwrap()];
    let tape = Tape::new(Mode::Record, edits);
    cell(&tape);
    let graph = tape.finish();
    let gate = graph.find("forget_gate").unwrap();
    let value = |t| graph.value(graph.at(gate, t).unwrap());
    assert!(value(0).iter().all(|f| *f > 0.0));
    assert_eq!((value(1)[[0, 0]], value(1)[[0, 1]]), (0.0, 0.0));
    assert!(value(1)[[0, 2]] > 0.0);
    let formula = graph.equation(graph.at(gate, 1).unwrap(), &|_, symbol| symbol).latex();
    assert!(formula.contains("do"), "{formula}");
    // Nothing of the cut units reaches the gradient of the state before.
    let hidden = graph.find("hidden").unwrap();
    let gradients = graph.gradients(graph.at(hidden, 1).unwrap());
    assert!(gradients.of(graph.at(gate, 1).unwrap()).is_some());
}

#[track_caller]
fn check_intervention(text: &str, written: &str) {
    let intervention: Intervention = text.parse().unwrap();
    assert_eq!(intervention.to_string(), written);
    assert_eq!(written.parse::<Intervention>().unwrap(), intervention);
}

#[test]
fn interventions_are_read_and_written() {
    check_intervention("forget_gate[3..7]=0", "forget_gate[3..7] = 0");
    check_intervention("cell[5][2]*=0.5", "cell[5][2] *= 0.5");
    check_intervention("cell *= 2", "cell *= 2");
    check_intervention("attention[5]=uniform", "attention[5] = uniform");
    check_intervention("attention = shift( -1 )", "attention = shift(-1)");
    check_intervention("attention[2..][0..4] = onehot(3)", "attention[2..][0..4] = onehot(3)");
    check_intervention("hidden[..][0..4] = clamp(-1, 1)", "hidden[..][0..4] = clamp(-1, 1)");
    check_intervention("layer* = 1", "layer* = 1");
    for wrong in
        ["", "forget_gate", "=3", "f[=0", "f[7..3]=0", "f=x", "f[1][2][3]=0", "f=clamp(1)", "f[]=1"]
    {
        let message = wrong.parse::<Intervention>().unwrap_err().to_string();
        assert!(message.contains("Write for example"), "{message}");
    }
}

#[test]
fn the_gradient_through_time_equals_differences() {
    // d(sum h_2)/d(b_f[0]) by central differences on the bias.
    let run = |by: f32| {
        let tape = Tape::recording();
        let b = tape.parameter("b", "b", Arc::new(row(&[0.2 + by])));
        let mut h = tape.initial("hidden", "h", -1, row(&[0.3]));
        for t in 0..5 {
            tape.set_position(t);
            h = (h * b + b).tanh().named("hidden", "h");
        }
        let value = f64::from(h.value()[[0, 0]]);
        let gradient = tape.graph().gradients(h.node()).of(b.node()).unwrap()[[0, 0]];
        (value, gradient)
    };
    let numeric = (run(1e-2).0 - run(-1e-2).0) / 2e-2;
    assert!((numeric - f64::from(run(0.0).1)).abs() < 1e-3);
}

#[test]
fn scopes_that_follow_each_other_do_not_share_names() {
    let tape = Tape::recording();
    for layer in ["layer0", "layer1", "layer2"] {
        let _scope = tape.scope(layer);
        let _ = tape.input("input", "x", row(&[1.0]));
    }
    let graph = tape.graph();
    let names: Vec<&str> = graph.names().iter().map(|named| named.name.as_str()).collect();
    assert_eq!(names, ["layer0.input", "layer1.input", "layer2.input"]);
}
