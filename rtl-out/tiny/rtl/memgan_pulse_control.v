// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/pulse_control.rs
//
// Gives the pulses of an update: for each position the lines are taken over, then word lines and
// bit lines of the chosen signs are pulsed together, up where the signs differ and down where they
// agree. Counts the lines that fire while their vectors are written.
//
// enable_i is stable from start_i to all_sent_o. Lanes of dac_data_i hold -1, 0 or 1. Phases
// without word lines or without bit lines take one cycle and no pulse.
//
// Latency: a position takes 1 cycle, 1 for each empty phase, and a pulse for each other one.

`default_nettype none

module memgan_pulse_control (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,                    // asynchronous, active low
  // Operation
  input  wire        start_i,
  input  wire        enable_i,                  // the operation pulses
  input  wire [4:0]  positions_last_i,          // positions - 1
  // from the end of the last position to the next start_i
  output reg         all_sent_o,
  // Beats to the line DACs
  input  wire        dac_valid_i,
  input  wire        dac_side_i,                // 0 word lines, 1 bit lines
  input  wire [3:0]  dac_mask_i,
  input  wire [31:0] dac_data_i,                // signed 8 bit a lane
  input  wire        vectors_ready_i,
  output wire        apply_o,
  // Pulses
  output wire        pulse_start_o,
  output wire        pulse_rows_negative_o,
  output wire        pulse_columns_negative_o,
  output wire        pulse_up_o,
  input  wire        pulse_done_i,
  output wire        active_o,                  // a pulse is given
  // at start_i: the first position pulses the minus devices
  input  wire        minus_first_i,
  // connected devices of a pair: bit 0 plus, bit 1 minus
  output wire [1:0]  sides_o,
  // Counters
  output wire        pulses_valid_o,
  output wire [9:0]  pulses_o                   // word lines times bit lines that fire
);

  // ---- Lines that fire, by sign ----

  reg [3:0] positive;
  reg [3:0] negative;
  reg [2:0] fired;

  always @* begin : p_positive
    integer lane;
    positive = 4'd0;
    negative = 4'd0;
    fired = 3'd0;
    for (lane = 0; lane < 4; lane = lane + 1) begin
      positive[lane] = dac_mask_i[lane] && !dac_data_i[lane*8 + 7] && (|dac_data_i[lane*8 +: 8]);
      negative[lane] = dac_mask_i[lane] && dac_data_i[lane*8 + 7];
      fired = fired + {2'd0, positive[lane] || negative[lane]};
    end
  end

  wire       take = enable_i && dac_valid_i;
  reg  [1:0] rows_next_q;
  reg  [6:0] rows_fired_q;
  reg  [1:0] rows_q;
  wire       take_rows = take && !dac_side_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rows_next_q <= 2'd0;
      rows_fired_q <= 7'd0;
      rows_q <= 2'd0;
    end else begin
      if (start_i || apply_o) begin
        rows_next_q <= 2'd0;
        rows_fired_q <= 7'd0;
      end else if (take_rows) begin
        rows_next_q <= rows_next_q | {|negative, |positive};
        rows_fired_q <= rows_fired_q + {4'd0, fired};
      end
      if (apply_o) begin
        rows_q <= rows_next_q;
      end
    end
  end

  reg  [1:0] columns_next_q;
  reg  [6:0] columns_fired_q;
  reg  [1:0] columns_q;
  wire       take_columns = take && dac_side_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      columns_next_q <= 2'd0;
      columns_fired_q <= 7'd0;
      columns_q <= 2'd0;
    end else begin
      if (start_i || apply_o) begin
        columns_next_q <= 2'd0;
        columns_fired_q <= 7'd0;
      end else if (take_columns) begin
        columns_next_q <= columns_next_q | {|negative, |positive};
        columns_fired_q <= columns_fired_q + {4'd0, fired};
      end
      if (apply_o) begin
        columns_q <= columns_next_q;
      end
    end
  end

  assign pulses_valid_o = apply_o;

  wire [13:0] product = {7'd0, rows_fired_q} * {7'd0, columns_fired_q};
  wire        unused_product = &{1'b0, product[13:10]};

  assign pulses_o = product[9:0];

  // ---- Phases: ++ down, +- up, -+ up, -- down ----

  reg  [1:0] phase_q;
  wire       row_sign = phase_q[1];
  wire       column_sign = phase_q[0];
  wire       phase_used = (row_sign ? rows_q[1] : rows_q[0]) &&
      (column_sign ? columns_q[1] : columns_q[0]);
  wire       last_phase = &phase_q;
  wire       next_phase;
  wire       position_end;
  wire       vectors_ready = vectors_ready_i && enable_i;

  memgan_pulse_fsm u_fsm (
    .clk_i           (clk_i),
    .rst_ni          (rst_ni),
    .vectors_ready_i (vectors_ready),
    .phase_used_i    (phase_used),
    .last_phase_i    (last_phase),
    .done_i          (pulse_done_i),
    .apply_o         (apply_o),
    .pulse_start_o   (pulse_start_o),
    .next_phase_o    (next_phase),
    .position_end_o  (position_end),
    .active_o        (active_o)
  );

  reg  [4:0] position_q;
  wire       last_position = position_q == positions_last_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= 2'd0;
      position_q <= 5'd0;
      all_sent_o <= 1'b0;
    end else begin
      if (next_phase) begin
        phase_q <= phase_q + 2'd1;
      end
      if (start_i) begin
        position_q <= 5'd0;
        all_sent_o <= 1'b0;
      end else if (position_end) begin
        position_q <= position_q + 5'd1;
        all_sent_o <= last_position;
      end
    end
  end

  // ---- One device of a pair a position, in turns ----

  reg minus_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      minus_q <= 1'b0;
    end else if (start_i) begin
      minus_q <= minus_first_i;
    end else if (position_end) begin
      minus_q <= !minus_q;
    end
  end

  assign sides_o = enable_i ? {minus_q, !minus_q} : 2'd3;
  assign pulse_rows_negative_o = row_sign;
  assign pulse_columns_negative_o = column_sign;
  assign pulse_up_o = row_sign ^ column_sign;

endmodule

`default_nettype wire
