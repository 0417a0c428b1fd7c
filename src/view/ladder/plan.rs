//! What a Transformer's run consists of: two stacks of layers, each of sub-layers on one residual
//! stream. Read from the names of the run's values.

use crate::trace::Trace;
use crate::view::scope::split;

/// Both sides of the ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// From the source up.
    pub encoder: Vec<Layer>,
    /// From the answer so far up.
    pub decoder: Vec<Layer>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What stands before the names of its values, such as `encoder.layer0`.
    pub scope: String,
    /// Its sub-layers in the order of calculation.
    pub parts: Vec<Part>,
}

/// One sub-layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it does.
    pub kind: Kind,
    /// What stands before its values, such as `decoder.layer0.cross`.
    pub scope: String,
    /// What stands before the values of each of its heads; none in a feed-forward network.
    pub heads: Vec<String>,
}

/// The three kinds of attention, and what follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The source attends to itself.
    Own,
    /// The answer attends to what is written so far.
    Causal,
    /// The answer attends to the source.
    Cross,
    /// A small network for each position by itself.
    FeedForward,
}

impl Kind {
    /// The key of its name in the word list.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Own => "ladder.own",
            Self::Causal => "ladder.causal",
            Self::Cross => "ladder.cross",
            Self::FeedForward => "ladder.feed_forward",
        }
    }

    /// The key of the sentence that says what it does.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Own => "ladder.own_hint",
            Self::Causal => "ladder.causal_hint",
            Self::Cross => "ladder.cross_hint",
            Self::FeedForward => "ladder.feed_forward_hint",
        }
    }
}

impl Plan {
    /// The plan of a run; empty where it is none of a Transformer.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        Self::read(&trace.value_names().collect::<Vec<_>>())
    }

    fn read(names: &[&str]) -> Self {
        let mut plan = Self::default();
        // Every sub-layer ends in the stream that it passes on.
        for scope in names.iter().map(|name| split(name)).filter(|n| n.1 == "stream").map(|n| n.0) {
            let (layer, part) = split(scope);
            let is_encoder = layer.starts_with("encoder.layer");
            if !is_encoder && !layer.starts_with("decoder.layer") {
                continue;
            }
            let kind = match (part, is_encoder) {
                ("self", true) => Kind::Own,
                ("self", false) => Kind::Causal,
                ("cross", _) => Kind::Cross,
                ("feed_forward", _) => Kind::FeedForward,
                _ => continue,
            };
            let home = if kind == Kind::Own { layer } else { scope };
            let heads = names.iter().map(|name| split(name)).filter(|n| n.1 == "attention");
            let heads = heads.map(|(head, _)| head).filter(|head| split(head).0 == home);
            let heads = heads.filter(|_| kind != Kind::FeedForward).map(str::to_owned).collect();
            let side = if is_encoder { &mut plan.encoder } else { &mut plan.decoder };
            if side.last().is_none_or(|last| last.scope != layer) {
                side.push(Layer { scope: layer.to_owned(), parts: Vec::new() });
            }
            if let Some(last) = side.last_mut() {
                last.parts.push(Part { kind, scope: scope.to_owned(), heads });
            }
        }
        plan
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.encoder.is_empty() && self.decoder.is_empty()
    }

    /// All layers, the encoder's first.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.encoder.iter().chain(&self.decoder)
    }

    /// The layer of a scope.
    #[must_use]
    pub fn layer(&self, scope: &str) -> Option<&Layer> {
        self.layers().find(|layer| layer.scope == scope)
    }

    /// The layer and the sub-layer that compute a value.
    #[must_use]
    pub fn owner(&self, name: &str) -> Option<(&Layer, &Part)> {
        let mut parts = self.layers().flat_map(|layer| layer.parts.iter().map(move |p| (layer, p)));
        parts.find(|(layer, part)| part.owns(layer, name, None))
    }

    /// The layer and the sub-layer of a scope.
    #[must_use]
    pub fn part(&self, scope: &str) -> Option<(&Layer, &Part)> {
        let mut parts = self.layers().flat_map(|layer| layer.parts.iter().map(move |p| (layer, p)));
        parts.find(|(_, part)| part.scope == scope)
    }
}

impl Layer {
    /// Whether it is one of the encoder's.
    #[must_use]
    pub fn is_encoder(&self) -> bool {
        self.scope.starts_with("encoder")
    }

    /// What a sub-layer of this layer reads: the stream that the one before passed on.
    #[must_use]
    pub fn before<'a>(&'a self, part: &Part, plan: &'a Plan) -> Option<String> {
        let side = if self.is_encoder() { &plan.encoder } else { &plan.decoder };
        let mut parts = side.iter().flat_map(|layer| &layer.parts);
        let mut before = None;
        parts.find(|other| {
            let is_it = other.scope == part.scope;
            if !is_it {
                before = Some(format!("{}.stream", other.scope));
            }
            is_it
        })?;
        let start = if self.is_encoder() { "encoder.stream" } else { "decoder.stream" };
        Some(before.unwrap_or_else(|| start.to_owned()))
    }
}

impl Part {
    /// Whether a value is computed here, in head number `head` where it is one of a head's.
    #[must_use]
    pub fn owns(&self, layer: &Layer, name: &str, head: Option<usize>) -> bool {
        let (scope, value) = split(name);
        let of_head = self.heads.iter().position(|own| own == scope);
        match of_head {
            Some(number) => head.is_none_or(|head| head == number),
            None => {
                let joins = self.kind == Kind::Own && scope == layer.scope && value == "joined";
                scope == self.scope || joins
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 14] = [
        "encoder.input",
        "encoder.stream",
        "encoder.layer0.self.normed",
        "encoder.layer0.head0.attention",
        "encoder.layer0.head1.attention",
        "encoder.layer0.joined",
        "encoder.layer0.self.stream",
        "encoder.layer0.feed_forward.stream",
        "decoder.layer0.cross.head0.key",
        "decoder.layer0.self.head0.attention",
        "decoder.layer0.self.stream",
        "decoder.layer0.cross.head0.attention",
        "decoder.layer0.cross.stream",
        "decoder.layer0.feed_forward.stream",
    ];

    #[test]
    fn sub_layers_are_read_from_names_in_the_order_of_calculation() {
        let plan = Plan::read(&NAMES);
        let kinds = |side: &[Layer]| -> Vec<Kind> {
            side.iter().flat_map(|layer| layer.parts.iter().map(|part| part.kind)).collect()
        };
        assert_eq!(kinds(&plan.encoder), [Kind::Own, Kind::FeedForward]);
        assert_eq!(kinds(&plan.decoder), [Kind::Causal, Kind::Cross, Kind::FeedForward]);
        assert_eq!(plan.encoder[0].parts[0].heads.len(), 2);
        assert_eq!(plan.decoder[0].parts[1].heads, ["decoder.layer0.cross.head0"]);
        assert!(Plan::read(&["hidden", "layer0.stream", "decoder.layer0.odd.stream"]).is_empty());
    }

    #[test]
    fn a_sub_layer_knows_its_values_and_what_it_reads() {
        let plan = Plan::read(&NAMES);
        let (layer, part) = plan.part("encoder.layer0.self").unwrap();
        let own = |head| -> Vec<&str> {
            NAMES.into_iter().filter(|name| part.owns(layer, name, head)).collect()
        };
        assert_eq!(own(None).len(), 5);
        assert_eq!(own(Some(1))[1], "encoder.layer0.head1.attention");
        assert_eq!(own(Some(1)).len(), 4);
        assert_eq!(layer.before(part, &plan).unwrap(), "encoder.stream");
        let (layer, part) = plan.part("decoder.layer0.cross").unwrap();
        assert_eq!(layer.before(part, &plan).unwrap(), "decoder.layer0.self.stream");
    }
}
