//! Text to a small tree. This is the only file that touches rhai, whose syntax tree may change between its versions.

use std::sync::LazyLock;

use rhai::{ASTFlags, BinaryExpr, Engine, Expr, FnCallExpr, Position, Stmt, Token};

use super::ExpressionError;
use super::functions::{self, Function};
use super::value::Value;

/// Longer than any expression that belongs in a lesson; with it even a chain without end is short.
const MAX_CHARS: usize = 600;
/// How deep rhai may nest, by parentheses or by `1 + 1 + 1 …`.
const MAX_PARSE_DEPTH: usize = 32;

/// A part of an expression and where it stands, in characters from 0.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) offset: usize,
}

/// What a part of an expression does.
#[derive(Debug)]
pub(super) enum Kind {
    Constant(Value),
    /// A dotted path: a variable or the name of a value, then perhaps properties.
    Path(Vec<String>),
    Index(Box<Node>, Box<Node>),
    /// `x.f` and `x.f(y)` are `f(x)` and `f(x, y)`.
    Call(&'static Function, Vec<Node>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// All (`true`) or any (`false`) of the operands.
    Logic(bool, Vec<Node>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = Engine::new_raw();
    engine.set_max_expr_depths(MAX_PARSE_DEPTH);
    #[expect(deprecated, reason = "rhai marks its unstable functions so")]
    engine.on_parse_token(|token, _, _| match token {
        // rhai keeps words such as `new` for itself; a value may be called so.
        Token::Reserved(word)
            if word.chars().all(|letter| letter.is_alphanumeric() || letter == '_') =>
        {
            Token::Identifier(word)
        }
        token => token,
    });
    engine
});

/// Reads an expression.
pub(super) fn compile(source: &str) -> Result<Node, ExpressionError> {
    if source.trim().is_empty() {
        return Err(ExpressionError::new("the expression is empty"));
    }
    let n_chars = source.chars().count();
    if n_chars > MAX_CHARS {
        let message = format!("the expression has {n_chars} characters, more than {MAX_CHARS}");
        return Err(ExpressionError::new(message).hint("split it"));
    }
    let reader = Reader { source };
    let tree = ENGINE.compile_expression(source).map_err(|error| {
        let slip = if source.contains('=') {
            "write == to compare"
        } else {
            "check brackets, commas and quotes"
        };
        let message = format!("the expression cannot be read: {}", error.err_type());
        ExpressionError::new(message).at(reader.offset(error.position())).hint(slip)
    })?;
    match tree.statements() {
        [Stmt::Expr(expr)] => reader.node(expr),
        _ => Err(ExpressionError::new("this is not a single expression")),
    }
}

struct Reader<'a> {
    source: &'a str,
}

impl Reader<'_> {
    fn node(&self, expr: &Expr) -> Result<Node, ExpressionError> {
        let offset = self.offset(expr.start_position());
        let kind = match expr {
            Expr::IntegerConstant(number, _) => Kind::Constant(Value::Integer(*number)),
            Expr::FloatConstant(number, _) => Kind::Constant(Value::Number(**number)),
            Expr::BoolConstant(truth, _) => Kind::Constant(Value::Bool(*truth)),
            Expr::StringConstant(text, _) => Kind::Constant(Value::Text(text.to_string())),
            Expr::CharConstant(letter, _) => Kind::Constant(Value::Text(letter.to_string())),
            Expr::Variable(variable, ..) => Kind::Path(vec![variable.1.to_string()]),
            Expr::Dot(chain, flags, _) => return self.chain(chain, *flags, false),
            Expr::Index(chain, flags, _) => return self.chain(chain, *flags, true),
            Expr::And(operands, _) => Kind::Logic(true, self.nodes(operands)?),
            Expr::Or(operands, _) => Kind::Logic(false, self.nodes(operands)?),
            Expr::FnCall(call, _) => return self.call(call, None, offset),
            _ => return Err(not_ours(offset)),
        };
        Ok(Node { kind, offset })
    }

    fn nodes(&self, exprs: &[Expr]) -> Result<Vec<Node>, ExpressionError> {
        exprs.iter().map(|expr| self.node(expr)).collect()
    }

    /// `x.a.b[i].c(y)`: rhai nests it to the right; here each link is applied to all before it.
    fn chain(
        &self,
        chain: &BinaryExpr,
        flags: ASTFlags,
        is_index: bool,
    ) -> Result<Node, ExpressionError> {
        let mut node = self.node(&chain.lhs)?;
        let mut rest = Some((&chain.rhs, flags, is_index));
        while let Some((expr, flags, is_index)) = rest {
            if flags.contains(ASTFlags::NEGATED) {
                return Err(not_ours(node.offset));
            }
            let is_last = flags.contains(ASTFlags::BREAK);
            let (link, next) = match expr {
                Expr::Dot(inner, flags, _) if !is_last => {
                    (&inner.lhs, Some((&inner.rhs, *flags, false)))
                }
                Expr::Index(inner, flags, _) if !is_last => {
                    (&inner.lhs, Some((&inner.rhs, *flags, true)))
                }
                last => (last, None),
            };
            node = self.link(node, link, is_index)?;
            rest = next;
        }
        Ok(node)
    }

    fn link(&self, node: Node, link: &Expr, is_index: bool) -> Result<Node, ExpressionError> {
        let offset = node.offset;
        match link {
            _ if is_index => {
                let index = self.node(link)?;
                let kind = Kind::Index(Box::new(node), Box::new(index));
                Ok(Node { kind, offset })
            }
            Expr::Property(property, position) => match node.kind {
                Kind::Path(mut path) => {
                    path.push(property.2.to_string());
                    Ok(Node { kind: Kind::Path(path), offset })
                }
                _ => apply(&property.2, vec![node], self.offset(*position))
                    .map(|call| Node { offset, ..call }),
            },
            Expr::MethodCall(call, position) => {
                let call = self.call(call, Some(node), self.offset(*position))?;
                Ok(Node { offset, ..call })
            }
            _ => Err(not_ours(offset)),
        }
    }

    fn call(
        &self,
        call: &FnCallExpr,
        this: Option<Node>,
        offset: usize,
    ) -> Result<Node, ExpressionError> {
        let mut arguments: Vec<Node> = this.into_iter().collect();
        arguments.extend(self.nodes(&call.args)?);
        let name = call.name.as_str();
        if call.capture_parent_scope {
            return Err(not_ours(offset));
        }
        let is_word = name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
        if is_word {
            return apply(name, arguments, offset);
        }
        let operands: Vec<Box<Node>> = arguments.into_iter().map(Box::new).collect();
        let kind = match <[Box<Node>; 2]>::try_from(operands) {
            Ok([left, right]) => binary(name, left, right),
            Err(mut operands) => operands.pop().and_then(|operand| match name {
                "!" => Some(Kind::Not(operand)),
                "-" => Some(Kind::Negate(operand)),
                _ => None,
            }),
        };
        kind.map(|kind| Node { kind, offset }).ok_or_else(|| {
            ExpressionError::new(format!("`{name}` is not an operator here"))
                .at(offset)
                .hint("the operators are + - * / % ** < <= > >= == != && || !")
        })
    }

    /// rhai counts lines and columns; both are turned into characters from the start.
    fn offset(&self, position: Position) -> usize {
        let line = position.line().unwrap_or(1).saturating_sub(1);
        let column = position.position().unwrap_or(1).saturating_sub(1);
        let before = self.source.split_inclusive('\n').take(line);
        before.map(|line| line.chars().count()).sum::<usize>() + column
    }
}

fn binary(name: &str, left: Box<Node>, right: Box<Node>) -> Option<Kind> {
    let kind = match name {
        "+" => Kind::Arithmetic(Arithmetic::Add, left, right),
        "-" => Kind::Arithmetic(Arithmetic::Subtract, left, right),
        "*" => Kind::Arithmetic(Arithmetic::Multiply, left, right),
        "/" => Kind::Arithmetic(Arithmetic::Divide, left, right),
        "%" => Kind::Arithmetic(Arithmetic::Remainder, left, right),
        "**" => Kind::Arithmetic(Arithmetic::Power, left, right),
        "<" => Kind::Compare(Comparison::Less, left, right),
        "<=" => Kind::Compare(Comparison::LessOrEqual, left, right),
        ">" => Kind::Compare(Comparison::Greater, left, right),
        ">=" => Kind::Compare(Comparison::GreaterOrEqual, left, right),
        "==" => Kind::Compare(Comparison::Equal, left, right),
        "!=" => Kind::Compare(Comparison::NotEqual, left, right),
        _ => return None,
    };
    Some(kind)
}

fn apply(name: &str, arguments: Vec<Node>, offset: usize) -> Result<Node, ExpressionError> {
    let function = functions::find(name).ok_or_else(|| {
        ExpressionError::new(format!("there is no function `{name}`"))
            .at(offset)
            .nearest(name, functions::names())
    })?;
    if !function.takes(arguments.len()) {
        let message = format!("`{name}` does not take {} arguments", arguments.len());
        return Err(ExpressionError::new(message)
            .at(offset)
            .hint(format!("write {}", function.usage)));
    }
    Ok(Node { kind: Kind::Call(function, arguments), offset })
}

fn not_ours(offset: usize) -> ExpressionError {
    ExpressionError::new("this is not part of the expression language")
        .at(offset)
        .hint("an expression is made of names, numbers, functions and operators")
}
