use super::*;
use crate::tape::ops::activation::{Gelu, Silu};
use crate::tape::{Attribute, OPS, Op, Tape};
use crate::tensor::random::Random;
use crate::tensor::{kernel, slice};

/// Reads the LaTeX of a formula of numbers: what a reader would type into a calculator.
struct Calculator<'a>(&'a str);

impl Calculator<'_> {
    fn of(text: &str) -> f64 {
        let mut calculator = Calculator(text);
        let value = calculator.sum();
        assert!(calculator.0.trim().is_empty(), "left over: {} of {text}", calculator.0);
        value
    }

    fn take(&mut self, token: &str) -> bool {
        self.0 = self.0.trim_start();
        let rest = self.0.strip_prefix(token);
        rest.inspect(|rest| self.0 = rest).is_some()
    }

    fn sum(&mut self) -> f64 {
        let mut value = if self.take("-") { -self.product() } else { self.product() };
        loop {
            if self.take("+") {
                value += self.product();
            } else if self.take("-") {
                value -= self.product();
            } else {
                return value;
            }
        }
    }

    fn product(&mut self) -> f64 {
        let mut value = self.power();
        while self.take(r"\cdot") || self.take(r"\odot") {
            value *= self.power();
        }
        value
    }

    fn power(&mut self) -> f64 {
        let base = self.atom();
        if self.take("^{") {
            let exponent = self.sum();
            assert!(self.take("}"));
            return base.powf(exponent);
        }
        base
    }

    fn group(&mut self) -> f64 {
        assert!(self.take(r"\left("), "no group at {}", self.0);
        let value = self.sum();
        assert!(self.take(r"\right)"), "no end of a group at {}", self.0);
        value
    }

    fn braces(&mut self) -> f64 {
        assert!(self.take("{"), "no brace at {}", self.0);
        let value = self.sum();
        assert!(self.take("}"), "no brace ends at {}", self.0);
        value
    }

    fn atom(&mut self) -> f64 {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        // ∫ of the density by Simpson's rule: not the approximation that the op itself uses.
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let cdf = |x: f64| {
            let n = 400;
            let h = x / f64::from(n);
            let weight = |k| if k == 0 || k == n { 1.0 } else { f64::from(2 + 2 * (k % 2)) };
            0.5 + h / 3.0 * (0..=n).map(|k| weight(k) * density(f64::from(k) * h)).sum::<f64>()
        };
        if self.take(r"\sigma") {
            return sigmoid(self.group());
        } else if self.take(r"\tanh") {
            return self.group().tanh();
        } else if self.take(r"\operatorname{ReLU}") {
            return self.group().max(0.0);
        } else if self.take(r"\Phi") {
            return cdf(self.group());
        } else if self.take(r"\varphi") {
            return density(self.group());
        } else if self.take(r"\frac") {
            let over = self.braces();
            return over / self.braces();
        } else if self.take(r"\left[") {
            let x = self.sum();
            let sign = ["=", ">", r"\ge", "<"].into_iter().find(|sign| self.take(sign));
            let y = self.sum();
            let is_true = match sign {
                Some("=") => (x - y).abs() < 1e-12,
                Some(">") => x > y,
                Some(r"\ge") => x >= y,
                Some("<") => x < y,
                _ => panic!("no comparison at {}", self.0),
            };
            assert!(self.take(r"\right]"));
            return f64::from(u8::from(is_true));
        } else if self.0.trim_start().starts_with(r"\left(") {
            return self.group();
        }
        self.0 = self.0.trim_start();
        let end = self.0.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.0.len());
        let (number, rest) = self.0.split_at(end);
        self.0 = rest;
        number.parse().unwrap_or_else(|_| panic!("no number at {}", self.0))
    }
}

/// A number with all its digits, in the parentheses that it needs.
fn exactly(value: f32) -> Tex {
    let text = format!("{value:.9}");
    if value < 0.0 { Tex::sum(text) } else { Tex::atom(text) }
}

#[test]
fn the_factor_that_is_written_is_the_factor_of_the_gradient() {
    let mut random = Random::new(11, 0);
    for op in OPS.iter().filter(|op| op.is_elementwise()) {
        let (shapes, attribute) = op.example();
        // Beyond 0.1 from 0, where ReLU has its kink.
        let away = |r: &mut Random| {
            let x = r.normal();
            x + 0.1_f32.copysign(x)
        };
        let inputs: Vec<_> = shapes.iter().map(|_| random.array([1, 4], away)).collect();
        let tape = Tape::recording();
        let nodes: Vec<NodeId> = inputs.iter().map(|x| tape.constant(x.clone()).node()).collect();
        let y = tape.apply(*op, attribute.clone(), &nodes);
        let graph = tape.graph();
        let gradient = random.array([1, 4], Random::normal);
        for (input, node) in nodes.iter().enumerate() {
            let share = graph.share(y.node(), &gradient, *node);
            for unit in 0..4 {
                let x: Vec<Tex> = inputs.iter().map(|x| exactly(x[[0, unit]])).collect();
                let y = exactly(graph.value(y.node())[[0, unit]]);
                let factor = op.factor(&x, &y, input, &attribute).text;
                let written = Calculator::of(&factor) * f64::from(gradient[[0, unit]]);
                let ran = f64::from(share[[0, unit]]);
                // Factors of the attribute are written with three digits.
                assert!(
                    (written - ran).abs() < 1e-5 * (1.0 + ran.abs()),
                    "{}, input {input}: {factor} gives {written}, the tape {ran}",
                    op.name()
                );
            }
        }
    }
}

#[test]
fn every_op_says_its_factor_for_every_input() {
    for op in OPS {
        let (shapes, attribute) = op.example();
        let x: Vec<Tex> = ["a", "b"].map(Tex::atom).into_iter().take(shapes.len()).collect();
        for input in 0..shapes.len() {
            let factor = op.factor(&x, &Tex::atom("y"), input, &attribute);
            assert!(!factor.text.is_empty(), "{}", op.name());
        }
    }
}

fn cell() -> (Graph, NodeId) {
    let mut random = Random::new(3, 0);
    let tape = Tape::recording();
    let mut weight = |name, symbol, shape| {
        tape.parameter(name, symbol, std::sync::Arc::new(random.array(shape, Random::normal)))
    };
    let w = weight("w_x", "W_x", [2, 3]);
    let u = weight("w_h", "W_h", [3, 3]);
    let b = weight("b", "b", [1, 3]);
    let mut h = tape.initial("hidden", "h", -1, Array2::zeros([1, 3]));
    for t in 0..3 {
        tape.set_position(t);
        let x = tape.input("input", "x", crate::tensor::row(&[0.5, -1.0]));
        let f = (x.dot(w) + h.dot(u) + b).sigmoid().named("forget_gate", "f");
        h = (f * h.tanh() + f.complement()).named("hidden", "h");
    }
    let loss = h.softmax().pick(&[Some(1)]).named("loss", "L");
    let node = loss.node();
    (tape.finish(), node)
}

#[test]
fn the_shares_of_all_paths_add_up_to_the_gradient() {
    let (graph, loss) = cell();
    let gradients = graph.gradients(loss);
    let mut joined = 0;
    for (id, _) in graph.nodes() {
        let Some(whole) = gradients.of(id).filter(|_| id != loss) else { continue };
        let paths = graph.consumers(id);
        joined += usize::from(paths.len() > 1);
        let mut sum = Array2::<f32>::zeros(whole.raw_dim());
        for path in paths {
            if let Some(gradient) = gradients.of(path) {
                sum += &graph.share(path, gradient, id);
            }
        }
        let off = slice(&sum).iter().zip(slice(whole)).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f32::max) < 1e-6, "{id:?}");
    }
    assert!(joined > 6, "only {joined} values are used more than once");
}

#[test]
fn the_chain_rule_is_written_with_the_run_s_own_symbols() {
    let (graph, loss) = cell();
    let hidden = graph.at(graph.find("hidden").unwrap(), 2).unwrap();
    let product = graph.node(hidden).inputs[0];
    let absolute = Subscript::Absolute;
    assert_eq!(
        graph.gradient_symbol(loss, hidden, absolute),
        r"\frac{\partial L_{2}}{\partial h_{2}}"
    );
    // To the gate: times tanh of the state before; to tanh: times the gate.
    assert!(graph.chain(loss, product, 0, absolute).ends_with(r"\odot \tanh\left(h_{1}\right)"));
    assert!(graph.chain(loss, product, 1, absolute).ends_with(r"\odot f_{2}"));
    let tanh = graph.node(product).inputs[1];
    assert!(
        graph
            .chain(loss, tanh, 0, absolute)
            .ends_with(r"\odot \left(1 - \tanh\left(h_{1}\right)^{2}\right)")
    );
    let gate = graph.at(graph.find("forget_gate").unwrap(), 2).unwrap();
    assert!(
        graph.chain(loss, gate, 0, absolute).ends_with(r"\odot f_{2} \odot \left(1 - f_{2}\right)")
    );
    let weight = graph.at(graph.find("w_h").unwrap(), 0).unwrap();
    let dot = graph.consumers(weight)[2];
    assert!(graph.chain(loss, dot, 0, absolute).ends_with(r"\,W_h^{\top}"));
    assert!(graph.chain(loss, dot, 1, absolute).starts_with(r"h_{1}^{\top}\,\frac"));
    let gradient = Array2::from_elem([1, 3], 0.5);
    let numbers = graph.chain_with_numbers(gate, 0, &gradient, 1).unwrap();
    let f = graph.value(gate)[[0, 1]];
    let expected = 0.5 * f * (1.0 - f);
    assert!((Calculator::of(&numbers) - f64::from(expected)).abs() < 2e-3, "{numbers}");
}

#[test]
fn a_wrong_slope_is_noticed() {
    // SiLU's factor is not GELU's; the comparison above can tell such near relatives apart.
    let x = [exactly(0.7)];
    let silu = Silu.factor(&x, &exactly(0.7 * kernel::sigmoid(0.7)), 0, &Attribute::None);
    let gelu = Gelu.factor(&x, &exactly(0.0), 0, &Attribute::None);
    assert!((Calculator::of(&silu.text) - Calculator::of(&gelu.text)).abs() > 0.1);
}
