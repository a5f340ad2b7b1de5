//! Address generators: a sliding window, and consecutive runs.

use super::lanes::Sizes;
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Ports through which a walker hands out segments.
struct SegmentPorts {
    ready: Expr,
    valid: Expr,
    address: Expr,
    len: Expr,
    last: Expr,
    is_final: Expr,
}

fn segment_ports(m: &mut Builder, sizes: &Sizes) -> SegmentPorts {
    m.group("Segments");
    SegmentPorts {
        ready: m.input("segment_ready_i", 1, ""),
        valid: m.output("segment_valid_o", 1, ""),
        address: m.output("segment_address_o", sizes.element, "first element"),
        len: m.output("segment_len_o", sizes.element, "elements, 0 outside the image"),
        last: m.output("segment_last_o", 1, "last of its position"),
        is_final: m.output("segment_final_o", 1, "last of the operation"),
    }
}

/// Walks a window over an image and emits one contiguous segment a kernel row, clipped at the edges.
pub fn window_walker(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let e = sizes.element;
    let c = e + 2;
    let p = schedule.widths.position as usize;
    let mut m = Builder::new("memgan_window_walker", file!());
    m.doc(
        "Slides a window over an image and emits one contiguous run of elements a kernel row, clipped at the \
           image's edges. All lengths are in elements: a pixel is `channels` elements.",
    );
    m.contract(
        "`start_i` for one cycle with the operation's fields, which stay stable; then segments are offered \
                until the final one is taken. A segment outside the image has length 0.",
    );
    m.latency("first segment 1 cycle after start_i, then one a cycle");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let kernel_last = m.input("kernel_last_i", e, "kernel rows - 1");
    let row_len = m.input("row_len_i", e, "elements of a window row");
    let image_rows = m.input("image_rows_i", e, "");
    let image_row_len = m.input("image_row_len_i", e, "elements of an image row");
    let stride = m.input("stride_i", e, "image rows from position to position");
    let step = m.input("step_i", e, "elements from position to position");
    let row_step = m.input("row_step_i", e, "stride * image row length");
    let padding = m.input("padding_i", e, "image rows");
    let padding_len = m.input("padding_len_i", e, "elements");
    let padding_rows_len = m.input("padding_rows_len_i", e, "padding * image row length");
    let x_last = m.input("positions_x_last_i", p, "positions across - 1");
    let y_last = m.input("positions_y_last_i", p, "positions down - 1");
    let port = segment_ports(&mut m, &sizes);
    let index_out = m.output("segment_index_o", e, "first index in the window vector");

    m.section("Position: the window's left edge and row, relative to the image, may be negative");
    let valid = m.reg("valid_q", 1, 0);
    let kernel_row = m.reg("kernel_row_q", e, 0);
    let left = m.reg("left_q", c, 0);
    let row = m.reg("row_q", c, 0);
    let first_row = m.reg("first_row_q", c, 0);
    let row_address = m.reg("row_address_q", c, 0);
    let first_row_address = m.reg("first_row_address_q", c, 0);
    let index = m.reg("index_q", e, 0);
    let position_x = m.reg("position_x_q", p, 0);
    let position_y = m.reg("position_y_q", p, 0);

    m.section("Clipping");
    let over_left = m.wire("over_left", left.msb());
    let skipped = m.wire("skipped", over_left.mux(left.neg(), Expr::zero(c)));
    let to_edge = m.wire("to_edge", image_row_len.zext(c).sub(&left));
    let past_right = m.wire("past_right", to_edge.slt(row_len.zext(c)));
    let end = m.wire("end_of_run", past_right.mux(&to_edge, row_len.zext(c)));
    let run = m.wire("run", end.sub(&skipped));
    let inside = m.wire("in_image", row.msb().not().and(row.ult(image_rows.zext(c))).and(Expr::zero(c).slt(&run)));
    let address = m.wire("address", row_address.add(over_left.mux(Expr::zero(c), &left)));
    m.assign(&port.valid, &valid);
    m.assign(&port.address, address.trunc(e));
    m.assign(&port.len, inside.mux(run.trunc(e), Expr::zero(e)));
    m.assign(&index_out, index.add(skipped.trunc(e)));
    m.unused("unused_ok", &[address.slice(e, 2)]);

    let row_end = m.wire("kernel_end", kernel_row.eq(&kernel_last));
    let x_end = m.wire("x_end", position_x.eq(&x_last));
    let y_end = m.wire("y_end", position_y.eq(&y_last));
    m.assign(&port.last, &row_end);
    m.assign(&port.is_final, row_end.and(&x_end).and(&y_end));

    let minus_padding = m.wire("minus_padding", padding.zext(c).neg());
    let minus_padding_len = m.wire("minus_padding_len", padding_len.zext(c).neg());
    let minus_padding_rows = m.wire("minus_padding_rows", padding_rows_len.zext(c).neg());
    let next_row = m.wire("next_first_row", first_row.add(stride.zext(c)));
    let next_row_address = m.wire("next_first_row_address", first_row_address.add(row_step.zext(c)));
    m.clocked(|s| {
        s.if_(&start, |s| {
            s.set(&valid, Expr::ones(1));
            s.set(&kernel_row, Expr::zero(e));
            s.set(&index, Expr::zero(e));
            s.set(&left, &minus_padding_len);
            s.set(&row, &minus_padding);
            s.set(&first_row, &minus_padding);
            s.set(&row_address, &minus_padding_rows);
            s.set(&first_row_address, &minus_padding_rows);
            s.set(&position_x, Expr::zero(p));
            s.set(&position_y, Expr::zero(p));
        })
        .elif(valid.and(&port.ready), |s| {
            s.if_(row_end.not(), |s| {
                s.set(&kernel_row, kernel_row.add(Expr::lit(e, 1)));
                s.set(&index, index.add(&row_len));
                s.set(&row, row.add(Expr::lit(c, 1)));
                s.set(&row_address, row_address.add(image_row_len.zext(c)));
            })
            .else_(|s| {
                s.set(&kernel_row, Expr::zero(e));
                s.set(&index, Expr::zero(e));
                s.if_(x_end.not(), |s| {
                    s.set(&position_x, position_x.add(Expr::lit(p, 1)));
                    s.set(&left, left.add(step.zext(c)));
                    s.set(&row, &first_row);
                    s.set(&row_address, &first_row_address);
                })
                .else_(|s| {
                    s.set(&position_x, Expr::zero(p));
                    s.set(&position_y, position_y.add(Expr::lit(p, 1)));
                    s.set(&left, &minus_padding_len);
                    s.set(&row, &next_row);
                    s.set(&first_row, &next_row);
                    s.set(&row_address, &next_row_address);
                    s.set(&first_row_address, &next_row_address);
                    s.if_(&y_end, |s| s.set(&valid, Expr::zero(1)));
                });
            });
        });
    });
    m.finish()
}

/// Emits consecutive runs of one length.
pub fn run_walker(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let e = sizes.element;
    let p = schedule.widths.position as usize;
    let mut m = Builder::new("memgan_run_walker", file!());
    m.doc("Emits consecutive runs of one length, one a position.");
    m.contract(
        "`start_i` for one cycle with the operation's fields, which stay stable; then segments are offered \
                until the final one is taken.",
    );
    m.latency("first segment 1 cycle after start_i, then one a cycle");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let len = m.input("len_i", e, "elements of a run");
    let positions_last = m.input("positions_last_i", p, "runs - 1");
    let port = segment_ports(&mut m, &sizes);

    let valid = m.reg("valid_q", 1, 0);
    let address = m.reg("address_q", e, 0);
    let position = m.reg("position_q", p, 0);
    let end = m.wire("end_of_runs", position.eq(&positions_last));
    m.assign(&port.valid, &valid);
    m.assign(&port.address, &address);
    m.assign(&port.len, &len);
    m.assign(&port.last, Expr::ones(1));
    m.assign(&port.is_final, &end);
    m.clocked(|s| {
        s.if_(&start, |s| {
            s.set(&valid, Expr::ones(1));
            s.set(&address, Expr::zero(e));
            s.set(&position, Expr::zero(p));
        })
        .elif(valid.and(&port.ready), |s| {
            s.set(&address, address.add(&len));
            s.set(&position, position.add(Expr::lit(p, 1)));
            s.if_(&end, |s| s.set(&valid, Expr::zero(1)));
        });
    });
    m.finish()
}
