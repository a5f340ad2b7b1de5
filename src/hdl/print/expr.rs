//! Expressions as Verilog text: parentheses where precedence or the reader needs them, every signed operation explicit.

use super::doc::{Doc, text};
use crate::hdl::bits::Bits;
use crate::hdl::expr::{Amount, Binary, Expr, Index, Kind, Radix, Shift, Unary};

/// What may stand around an expression.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Evaluated on its own: an assignment, a part of a concatenation, an argument.
    Root,
    /// Operand of this operator; the flag says whether it is the right one.
    Of(Binary, bool, bool),
    /// Condition of `?:`.
    Condition,
    /// Branch of `?:`.
    Branch,
    /// Operand of a unary operator or of a shift.
    Tight,
}

/// The layout of an expression that stands on its own.
pub(crate) fn doc(e: &Expr) -> Doc {
    put(e, Place::Root)
}

/// One line of text, for messages and short places.
pub(crate) fn flat(e: &Expr) -> String {
    doc(e).flat()
}

fn paren(inner: Doc) -> Doc {
    Doc::Seq(vec![text("("), inner, text(")")])
}

fn symbol(op: Binary, one_bit: bool) -> &'static str {
    match op {
        Binary::Add => "+",
        Binary::Sub => "-",
        Binary::Mul | Binary::Smul => "*",
        Binary::Udiv | Binary::Sdiv => "/",
        Binary::Urem | Binary::Srem => "%",
        Binary::And if one_bit => "&&",
        Binary::Or if one_bit => "||",
        Binary::And => "&",
        Binary::Or => "|",
        Binary::Xor => "^",
        Binary::Eq => "==",
        Binary::Ne => "!=",
        Binary::Ult | Binary::Slt => "<",
        Binary::Ule | Binary::Sle => "<=",
        Binary::Ugt | Binary::Sgt => ">",
        Binary::Uge | Binary::Sge => ">=",
    }
}

/// Whether `op` as an operand of the operator around it needs no parentheses.
fn bare(op: Binary, around: Binary, right: bool, logic: bool) -> bool {
    use Binary::{Add, And, Mul, Or, Sub, Xor};
    match around {
        _ if around.compares() => matches!(op, Add | Sub | Mul),
        And | Or if op.compares() => logic,
        And | Or | Xor => op == around,
        Add | Sub if op == Mul => true,
        Add | Sub => matches!(op, Add | Sub) && !right,
        Mul => op == Mul && !right,
        _ => false,
    }
}

fn signed(e: &Expr) -> Doc {
    Doc::Seq(vec![text("$signed("), put(e, Place::Root), text(")")])
}

/// A signed result must not change, or be changed by, the operators around it.
fn unsigned(inner: Doc, place: Place) -> Doc {
    match place {
        Place::Root => inner,
        _ => Doc::Seq(vec![text("$unsigned("), inner, text(")")]),
    }
}

fn chain<'a>(e: &'a Expr, op: Binary, out: &mut Vec<&'a Expr>) {
    match e.kind() {
        Kind::Binary(own, a, b) if *own == op => {
            chain(a, op, out);
            if matches!(op, Binary::And | Binary::Or | Binary::Xor) { chain(b, op, out) } else { out.push(b) }
        }
        _ => out.push(e),
    }
}

fn binary(op: Binary, e: &Expr, a: &Expr, b: &Expr, place: Place) -> Doc {
    let one_bit = a.width() == 1;
    let sign = symbol(op, one_bit);
    if op.signed() {
        let inner = Doc::group(4, vec![signed(a), text(format!(" {sign}")), Doc::Line, signed(b)]);
        return match (op.compares(), place) {
            (false, _) => unsigned(inner, place),
            (true, Place::Of(around, right, logic)) if bare(op, around, right, logic) => inner,
            (true, Place::Root | Place::Branch) => inner,
            (true, _) => paren(inner),
        };
    }
    let mut operands = Vec::new();
    match op {
        Binary::And | Binary::Or | Binary::Xor | Binary::Add => chain(e, op, &mut operands),
        _ => operands.extend([a, b]),
    }
    let mut parts = Vec::new();
    for (i, operand) in operands.iter().enumerate() {
        if i > 0 {
            parts.extend([text(format!(" {sign}")), Doc::Line]);
        }
        parts.push(put(operand, Place::Of(op, i > 0, one_bit)));
    }
    let inner = Doc::group(4, parts);
    match place {
        Place::Root | Place::Branch => inner,
        Place::Of(around, right, logic) if bare(op, around, right, logic) => inner,
        _ => paren(inner),
    }
}

fn mux(e: &Expr, place: Place) -> Doc {
    let mut parts = Vec::new();
    let mut rest = e;
    while let Kind::Mux(sel, a, b) = rest.kind() {
        parts.extend([put(sel, Place::Condition), text(" ? "), put(a, Place::Branch), Doc::Line, text(": ")]);
        rest = b;
    }
    parts.push(put(rest, Place::Branch));
    let inner = Doc::group(4, parts);
    if place == Place::Root { inner } else { paren(inner) }
}

fn index(i: &Index, width: usize) -> String {
    let base = match i {
        Index::At(lo) if width > 1 => return format!("[{}:{lo}]", lo + width - 1),
        Index::At(lo) => lo.to_string(),
        Index::Loop(ix) => ix.text(),
        Index::Dyn(e) => flat(e),
    };
    if width > 1 { format!("[{base} +: {width}]") } else { format!("[{base}]") }
}

fn put(e: &Expr, place: Place) -> Doc {
    match e.kind() {
        Kind::Lit { bits, radix } => literal(bits, *radix),
        Kind::Net(name) | Kind::Const(name, _) | Kind::Param(name) => text(name.to_string()),
        Kind::Elem { mem, index: i, .. } => text(format!("{mem}{}", index(i, 1))),
        Kind::Part { base, index: i } => text(format!("{}{}", flat(base), index(i, e.width()))),
        Kind::Unary(op, a) => {
            let operand = put(a, Place::Tight);
            let sign = match op {
                Unary::Not if e.width() == 1 => "!",
                Unary::Not => "~",
                Unary::Neg => "-",
                Unary::Any => "|",
                Unary::All => "&",
                Unary::Parity => "^",
            };
            let inner = Doc::Seq(vec![text(sign), operand]);
            let alone = matches!(place, Place::Root | Place::Branch);
            let not = *op == Unary::Not && place != Place::Tight;
            if alone || not { inner } else { paren(inner) }
        }
        Kind::Binary(op, a, b) => binary(*op, e, a, b, place),
        Kind::Mux(..) => mux(e, place),
        Kind::Shift(op, a, amount) => {
            let amount = match amount {
                Amount::Const(n) => text(n.to_string()),
                Amount::Dyn(e) => put(e, Place::Tight),
            };
            let sign = match op {
                Shift::Left => " << ",
                Shift::Right => " >> ",
                Shift::Arith => " >>> ",
            };
            if *op == Shift::Arith {
                return unsigned(Doc::Seq(vec![signed(a), text(sign), amount]), place);
            }
            let inner = Doc::Seq(vec![put(a, Place::Tight), text(sign), amount]);
            if matches!(place, Place::Root | Place::Branch) { inner } else { paren(inner) }
        }
        Kind::Concat(parts) => {
            Doc::Seq(vec![text("{"), Doc::Fill(parts.iter().map(|p| put(p, Place::Root)).collect()), text("}")])
        }
        Kind::Repeat(n, one) => {
            let inner = put(one, Place::Root);
            let brace = if matches!(one.kind(), Kind::Concat(_)) { ("", "") } else { ("{", "}") };
            Doc::Seq(vec![text(format!("{{{n}{}", brace.0)), inner, text(format!("{}}}", brace.1))])
        }
        Kind::Fill(param) => text(format!("{{{param}{{1'b0}}}}")),
        Kind::Call(name, args) => Doc::Seq(vec![
            text(format!("{name}(")),
            Doc::Fill(args.iter().map(|a| put(a, Place::Root)).collect()),
            text(")"),
        ]),
        Kind::LoopVar(ix) if e.width() == 32 => text(ix.text()),
        Kind::LoopVar(ix) => text(format!("{}[{}:0]", ix.text(), e.width() - 1)),
    }
}

fn literal(bits: &Bits, radix: Radix) -> Doc {
    let width = bits.width();
    let small = bits.to_u128().filter(|&v| v < 10_000);
    if radix == Radix::Bin || width == 1 {
        let digits: String = (0..width).rev().map(|i| if bits.bit(i) { '1' } else { '0' }).collect();
        return text(format!("{width}'b{digits}"));
    }
    if width > 64 && (bits.is_zero() || bits.is_ones()) {
        return text(format!("{{{width}{{1'b{}}}}}", u8::from(bits.is_ones())));
    }
    match small {
        Some(value) if radix == Radix::Auto => text(format!("{width}'d{value}")),
        Some(_) | None if width <= 256 => text(format!("{width}'h{}", bits.hex())),
        _ => {
            let count = width.div_ceil(64);
            let words = (0..count).rev().map(|i| bits.slice(64 * i, (width - 64 * i).min(64)));
            let words = words.map(|w| text(format!("{}'h{}", w.width(), w.hex()))).collect();
            Doc::Seq(vec![text("{"), Doc::Fill(words), text("}")])
        }
    }
}
