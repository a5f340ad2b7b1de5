// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/training_registers.rs
//
// What training keeps for each layer: gains and shifts of forward and backward reads, pulse rate,
// fineness of the bias step, target of the pulses, and counters of events since the layer's last
// adapt.
//
// Spaces: 0 {shift, gain}; 1 {target, fineness, rate, back_shift, back_gain}; 2, 3, 4 forward reads
// saturated, upper, all; 5, 6, 7 the same of backward reads; 8, 9, 10 the same of errors written;
// 11 pulses. Counters stay at their largest value.
//
// Write and read port are used only while no operation runs: read_valid_i takes the selection of a
// layer away from layer_i. adapt_valid_i clears the layer's counters, and events of the same cycle
// are lost.
//
// Latency: reading is combinational; events and writes count from the next cycle on.

`default_nettype none

module memgan_training_registers (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,              // asynchronous, active low
  // Write port
  input  wire        write_valid_i,
  input  wire        write_space_i,       // 0 or 1
  input  wire [4:0]  write_layer_i,       // a layer; others are ignored
  input  wire [51:0] write_data_i,        // space 0: low 8 bits
  // Read port
  input  wire        read_valid_i,
  input  wire [3:0]  read_space_i,
  input  wire [4:0]  read_layer_i,        // a layer; others are zero
  output reg  [51:0] read_data_o,
  // Registers of the running operation's layer
  input  wire [1:0]  layer_i,
  output wire [3:0]  gain_o,              // of forward reads
  output wire [3:0]  shift_o,             // of forward reads
  output wire [3:0]  back_gain_o,
  output wire [3:0]  back_shift_o,
  output wire [7:0]  rate_o,              // rate of pulses, or step of gradients
  output wire [3:0]  fineness_o,          // of the bias step
  output wire [31:0] target_o,            // pulses a batch
  // Events of that layer
  input  wire        read_end_i,          // a position was read
  input  wire        read_backward_i,     // by columns
  input  wire        read_saturated_i,    // any code at an end of its range
  input  wire        read_upper_i,        // any code in the upper half of its range
  input  wire        errors_valid_i,      // errors are written
  input  wire [2:0]  errors_count_i,      // 0..lanes
  input  wire [2:0]  errors_saturated_i,  // of these
  input  wire [2:0]  errors_upper_i,      // of these
  input  wire        pulses_valid_i,
  input  wire [9:0]  pulses_i,            // lines fired on the rows times lines on the columns
  // Adapt
  output wire [95:0] forward_o,           // forward reads {total, upper, saturated}
  output wire [95:0] backward_o,          // backward reads
  output wire [95:0] errors_o,            // errors written
  output wire [31:0] pulses_o,
  input  wire        adapt_valid_i,       // new values; counters become zero
  input  wire [3:0]  adapt_gain_i,
  input  wire [3:0]  adapt_shift_i,
  input  wire [3:0]  adapt_back_gain_i,
  input  wire [3:0]  adapt_back_shift_i,
  input  wire [7:0]  adapt_rate_i
);

  // ---- The selected layer ----

  reg  [31:0]   forward_q;
  reg  [207:0]  training_q;
  reg  [1279:0] counters_q;
  wire [4:0]    selected = read_valid_i ? read_layer_i : {3'd0, layer_i};
  reg  [7:0]    forward;
  reg  [51:0]   training;
  reg  [319:0]  counters;

  always @* begin
    forward = 8'd0;
    training = 52'd0;
    counters = {320{1'b0}};
    case (selected)
      5'd0: begin
        forward = forward_q[7:0];
        training = training_q[51:0];
        counters = counters_q[319:0];
      end
      5'd1: begin
        forward = forward_q[15:8];
        training = training_q[103:52];
        counters = counters_q[639:320];
      end
      5'd2: begin
        forward = forward_q[23:16];
        training = training_q[155:104];
        counters = counters_q[959:640];
      end
      5'd3: begin
        forward = forward_q[31:24];
        training = training_q[207:156];
        counters = counters_q[1279:960];
      end
      default: begin
        // no such layer
      end
    endcase
  end

  assign gain_o = forward[3:0];
  assign shift_o = forward[7:4];
  assign back_gain_o = training[3:0];
  assign back_shift_o = training[7:4];
  assign rate_o = training[15:8];
  assign fineness_o = training[19:16];
  assign target_o = training[51:20];
  assign forward_o = counters[95:0];
  assign backward_o = counters[191:96];
  assign errors_o = counters[287:192];
  assign pulses_o = counters[319:288];

  always @* begin
    case (read_space_i)
      4'd0: read_data_o = {44'd0, forward};
      4'd1: read_data_o = training;
      4'd2: read_data_o = {20'd0, counters[31:0]};
      4'd3: read_data_o = {20'd0, counters[63:32]};
      4'd4: read_data_o = {20'd0, counters[95:64]};
      4'd5: read_data_o = {20'd0, counters[127:96]};
      4'd6: read_data_o = {20'd0, counters[159:128]};
      4'd7: read_data_o = {20'd0, counters[191:160]};
      4'd8: read_data_o = {20'd0, counters[223:192]};
      4'd9: read_data_o = {20'd0, counters[255:224]};
      4'd10: read_data_o = {20'd0, counters[287:256]};
      4'd11: read_data_o = {20'd0, counters[319:288]};
      default: read_data_o = 52'd0;
    endcase
  end

  // ---- Its counters after this cycle ----

  wire         forward_end = read_end_i && !read_backward_i;
  wire         backward_end = read_end_i && read_backward_i;
  wire         forward_saturated_by = forward_end && read_saturated_i;
  wire [32:0]  forward_saturated_sum = {1'b0, counters[31:0]} + {32'd0, forward_saturated_by};
  wire [31:0]  forward_saturated_next = forward_saturated_sum[32] ? 32'hffffffff
      : forward_saturated_sum[31:0];
  wire         forward_upper_by = forward_end && read_upper_i;
  wire [32:0]  forward_upper_sum = {1'b0, counters[63:32]} + {32'd0, forward_upper_by};
  wire [31:0]  forward_upper_next = forward_upper_sum[32] ? 32'hffffffff : forward_upper_sum[31:0];
  wire         forward_reads_by = forward_end;
  wire [32:0]  forward_reads_sum = {1'b0, counters[95:64]} + {32'd0, forward_reads_by};
  wire [31:0]  forward_reads_next = forward_reads_sum[32] ? 32'hffffffff : forward_reads_sum[31:0];
  wire         backward_saturated_by = backward_end && read_saturated_i;
  wire [32:0]  backward_saturated_sum = {1'b0, counters[127:96]} + {32'd0, backward_saturated_by};
  wire [31:0]  backward_saturated_next = backward_saturated_sum[32] ? 32'hffffffff
      : backward_saturated_sum[31:0];
  wire         backward_upper_by = backward_end && read_upper_i;
  wire [32:0]  backward_upper_sum = {1'b0, counters[159:128]} + {32'd0, backward_upper_by};
  wire [31:0]  backward_upper_next = backward_upper_sum[32] ? 32'hffffffff
      : backward_upper_sum[31:0];
  wire         backward_reads_by = backward_end;
  wire [32:0]  backward_reads_sum = {1'b0, counters[191:160]} + {32'd0, backward_reads_by};
  wire [31:0]  backward_reads_next = backward_reads_sum[32] ? 32'hffffffff
      : backward_reads_sum[31:0];
  wire [2:0]   errors_saturated_by = errors_valid_i ? errors_saturated_i : 3'd0;
  wire [32:0]  errors_saturated_sum = {1'b0, counters[223:192]} + {30'd0, errors_saturated_by};
  wire [31:0]  errors_saturated_next = errors_saturated_sum[32] ? 32'hffffffff
      : errors_saturated_sum[31:0];
  wire [2:0]   errors_upper_by = errors_valid_i ? errors_upper_i : 3'd0;
  wire [32:0]  errors_upper_sum = {1'b0, counters[255:224]} + {30'd0, errors_upper_by};
  wire [31:0]  errors_upper_next = errors_upper_sum[32] ? 32'hffffffff : errors_upper_sum[31:0];
  wire [2:0]   errors_written_by = errors_valid_i ? errors_count_i : 3'd0;
  wire [32:0]  errors_written_sum = {1'b0, counters[287:256]} + {30'd0, errors_written_by};
  wire [31:0]  errors_written_next = errors_written_sum[32] ? 32'hffffffff
      : errors_written_sum[31:0];
  wire [9:0]   pulses_by = pulses_valid_i ? pulses_i : 10'd0;
  wire [32:0]  pulses_sum = {1'b0, counters[319:288]} + {23'd0, pulses_by};
  wire [31:0]  pulses_next = pulses_sum[32] ? 32'hffffffff : pulses_sum[31:0];
  wire [319:0] counters_next = adapt_valid_i ? {320{1'b0}}
      : {pulses_next, errors_written_next, errors_upper_next, errors_saturated_next,
         backward_reads_next, backward_upper_next, backward_saturated_next, forward_reads_next,
         forward_upper_next, forward_saturated_next};

  // ---- Registers of each layer: one value for all, taken by one ----

  wire [7:0]  forward_next = write_valid_i ? write_data_i[7:0] : {adapt_shift_i, adapt_gain_i};
  wire [51:0] training_next = write_valid_i ? write_data_i
      : {training[51:16], adapt_rate_i, adapt_back_shift_i, adapt_back_gain_i};
  wire [3:0]  here = 4'd1 << layer_i;
  wire [3:0]  written = write_valid_i ? 4'd1 << write_layer_i : 4'd0;
  wire [3:0]  adapts = adapt_valid_i ? here : 4'd0;
  wire        event_or_adapt = read_end_i || errors_valid_i || pulses_valid_i || adapt_valid_i;
  wire [3:0]  counts = event_or_adapt ? here : 4'd0;

  genvar layer;
  generate
    for (layer = 0; layer < 4; layer = layer + 1) begin : gen_layer
      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          forward_q[layer*8 +: 8] <= 8'd0;
        end else if (adapts[layer] || (written[layer] && !write_space_i)) begin
          forward_q[layer*8 +: 8] <= forward_next;
        end
      end

      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          training_q[layer*52 +: 52] <= 52'd0;
        end else if (adapts[layer] || (written[layer] && write_space_i)) begin
          training_q[layer*52 +: 52] <= training_next;
        end
      end

      always @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          counters_q[layer*320 +: 320] <= {320{1'b0}};
        end else if (counts[layer]) begin
          counters_q[layer*320 +: 320] <= counters_next;
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
