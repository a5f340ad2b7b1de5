// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/walkers.rs
//
// Emits consecutive runs of one length, one a position.
//
// `start_i` for one cycle with the operation's fields, which stay stable; then segments are offered
// until the final one is taken.
//
// Latency: first segment 1 cycle after start_i, then one a cycle.

`default_nettype none

module memgan_run_walker (
  // Clock and reset
  input  wire       clk_i,
  input  wire       rst_ni,             // asynchronous, active low
  // Operation
  input  wire       start_i,
  input  wire [6:0] len_i,              // elements of a run
  input  wire [4:0] positions_last_i,   // runs - 1
  // Segments
  input  wire       segment_ready_i,
  output wire       segment_valid_o,
  output wire [6:0] segment_address_o,  // first element
  output wire [6:0] segment_len_o,      // elements, 0 outside the image
  output wire       segment_last_o,     // last of its position
  output wire       segment_final_o     // last of the operation
);

  reg        valid_q;
  reg  [6:0] address_q;
  reg  [4:0] position_q;
  wire       end_of_runs = position_q == positions_last_i;

  assign segment_valid_o = valid_q;
  assign segment_address_o = address_q;
  assign segment_len_o = len_i;
  assign segment_last_o = 1'b1;
  assign segment_final_o = end_of_runs;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      address_q <= 7'd0;
      position_q <= 5'd0;
    end else if (start_i) begin
      valid_q <= 1'b1;
      address_q <= 7'd0;
      position_q <= 5'd0;
    end else if (valid_q && segment_ready_i) begin
      address_q <= address_q + len_i;
      position_q <= position_q + 5'd1;
      if (end_of_runs) begin
        valid_q <= 1'b0;
      end
    end
  end

endmodule

`default_nettype wire
