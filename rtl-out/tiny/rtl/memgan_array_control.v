// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/array_control.rs
//
// Drives the tiles of the running layer through reads: counts settle and sample time, phases and
// conversion groups, and keeps track of whether the captured results are still in use.
//
// release_i frees the captured group in the cycle in which it is last used.
//
// Latency: a read takes settle + sample cycles a phase, plus conversion cycles a group.

`default_nettype none

module memgan_array_control (
  // Clock and reset
  input  wire       clk_i,
  input  wire       rst_ni,             // asynchronous, active low
  // Operation
  input  wire [4:0] groups_last_i,      // conversions a read - 1
  // Vector
  input  wire       vector_ready_i,
  output wire       apply_o,            // shadow registers move to the lines
  // Tiles
  output wire       sample_o,
  output wire       phase_o,            // 1: negative inputs
  output wire       adc_start_o,
  output wire [4:0] adc_group_o,
  input  wire       done_i,
  // Results
  output wire       capture_o,
  output reg        captured_o,         // a group is captured and in use
  input  wire       release_i,
  // Status
  output wire       active_o,           // a tile settles, samples or converts
  // Range of the codes of a whole read
  input  wire       codes_saturated_i,  // of the group that is captured
  input  wire       codes_upper_i,      // of the group that is captured
  output wire       read_end_o,         // the last group of a read is captured
  output wire       read_saturated_o,
  output wire       read_upper_o
);

  localparam [1:0] SETTLE_LAST = 2'd3;  // settle cycles - 1
  localparam [1:0] SAMPLE_LAST = 2'd0;  // sample cycles - 1

  reg  [1:0] timer_q;
  reg  [4:0] group_q;
  wire       timer_end = !(|timer_q);
  wire       last_group = group_q == groups_last_i;
  wire       free = !captured_o || release_i;
  wire       load_settle;
  wire       load_sample;
  wire       next_phase;
  wire       next_group;

  assign phase_o = 1'b0;

  wire unused_next_phase = &{1'b0, next_phase};

  assign adc_group_o = group_q;

  memgan_array_fsm u_fsm (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .vector_ready_i (vector_ready_i),
    .timer_end_i    (timer_end),
    .last_phase_i   (1'b1),
    .done_i         (done_i),
    .free_i         (free),
    .last_group_i   (last_group),
    .apply_o        (apply_o),
    .load_settle_o  (load_settle),
    .load_sample_o  (load_sample),
    .sample_o       (sample_o),
    .next_phase_o   (next_phase),
    .adc_start_o    (adc_start_o),
    .capture_o      (capture_o),
    .next_group_o   (next_group),
    .active_o       (active_o)
  );

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      timer_q <= 2'd0;
      group_q <= 5'd0;
      captured_o <= 1'b0;
    end else begin
      if (load_settle) begin
        timer_q <= SETTLE_LAST;
      end else if (load_sample) begin
        timer_q <= SAMPLE_LAST;
      end else if (!timer_end) begin
        timer_q <= timer_q - 2'd1;
      end
      if (apply_o) begin
        group_q <= 5'd0;
      end else if (next_group) begin
        group_q <= group_q + 5'd1;
      end
      captured_o <= (captured_o && !release_i) || capture_o;
    end
  end

  // ---- Flags of a read, collected over its groups ----

  assign read_end_o = capture_o && last_group;

  reg saturated_q;

  assign read_saturated_o = saturated_q || codes_saturated_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      saturated_q <= 1'b0;
    end else if (capture_o) begin
      saturated_q <= !last_group && (saturated_q || codes_saturated_i);
    end
  end

  reg upper_q;

  assign read_upper_o = upper_q || codes_upper_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      upper_q <= 1'b0;
    end else if (capture_o) begin
      upper_q <= !last_group && (upper_q || codes_upper_i);
    end
  end

endmodule

`default_nettype wire
