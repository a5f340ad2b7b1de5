// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/schedule_rom.rs
//
// The schedule: one word an operation, and the register that holds the running operation's fields.
//
// Latency: fields 1 cycle after fetch_i.

`default_nettype none

module memgan_schedule_rom (
  // Clock and reset
  input  wire       clk_i,
  input  wire       rst_ni,              // asynchronous, active low
  // Fetch
  input  wire       fetch_i,
  input  wire [6:0] op_i,                // operation
  // Fields of the running operation
  output wire       gather_window_o,     // window -> read -> pixel
  output wire       scatter_window_o,    // pixel -> read -> window
  output wire       finish_o,            // accumulators -> activations
  output wire       last_o,              // closes a program
  output wire [1:0] layer_o,
  output wire [5:0] source_word_o,       // input region
  output wire [5:0] target_word_o,       // output region
  output wire [6:0] kernel_last_o,       // kernel rows - 1
  output wire [6:0] row_len_o,           // elements of a window row
  output wire [6:0] image_rows_o,
  output wire [6:0] image_row_len_o,     // elements
  output wire [6:0] stride_o,            // image rows
  output wire [6:0] step_o,              // elements
  output wire [6:0] row_step_o,          // elements
  output wire [6:0] padding_o,           // image rows
  output wire [6:0] padding_len_o,       // elements
  output wire [6:0] padding_rows_len_o,  // elements
  output wire [4:0] positions_x_last_o,
  output wire [4:0] positions_y_last_o,
  output wire [4:0] positions_last_o,    // reads - 1
  output wire [6:0] gather_len_o,        // elements of an input run
  output wire [6:0] drain_len_o,         // elements of an output run
  output wire [4:0] groups_last_o,       // conversions - 1
  output wire [6:0] group_columns_o,     // columns a conversion, or rows
  output wire [4:0] bias_word_o,         // first word of the bias pattern
  output wire [4:0] bias_last_o,         // words of the pattern - 1
  output wire [2:0] activation_o,
  output wire [2:0] slope_o,             // leaky relu
  output wire [7:0] dropout_o,           // threshold in 1/256, 0 is off
  output wire       backward_o,          // column reads
  output wire       update_o,            // outer products
  output wire       loss_o,              // errors of the output
  output wire       bias_sum_o,          // errors to bias sums
  output wire       adapt_o,             // biases, gains, shifts, rate
  output wire [7:0] loss_target_o,       // signed code
  output wire       loss_class_o,        // one output a class
  output wire [1:0] tail_o,              // valid lanes of the last word - 1
  output wire       trained_o,           // biases and rate take a step
  output wire [6:0] biases_last_o        // biases - 1
);

  reg [176:0] word;

  always @* begin
    case (op_i)
      7'd0: begin
        // generator_0: gather a run, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd1: begin
        // generator_1: gather a pixel, scatter-add a window
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd0, 7'd4, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd0, 6'd2, 2'd1, 1'b0, 1'b0, 1'b1, 1'b0};
      end
      7'd2: begin
        // generator_1: finish the accumulators
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd64, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd18, 6'd0, 2'd1, 1'b1, 1'b1, 1'b0, 1'b0};
      end
      7'd3: begin
        // discriminator_0: gather a window, write a pixel
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd4, 7'd0, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd34, 6'd18, 2'd2, 1'b0, 1'b0, 1'b0, 1'b1};
      end
      7'd4: begin
        // discriminator_1: gather a run, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b1, 1'b0, 1'b0, 1'b0};
      end
      7'd5: begin
        // discriminator_0: gather a window, write a pixel
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd4, 7'd0, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd34, 6'd18, 2'd2, 1'b0, 1'b0, 1'b0, 1'b1};
      end
      7'd6: begin
        // discriminator_1: gather a run, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd7: begin
        // discriminator_1: error of the output
        word = {7'd0, 1'b0, 2'd0, 1'b0, 8'd114, 1'b0, 1'b0, 1'b1, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4,
                5'd0, 5'd18, 7'd1, 5'd0, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd50, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd8: begin
        // discriminator_1: backward: gather a run, read columns, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b1, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd18, 7'd2, 5'd31, 7'd64, 7'd1, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd34, 6'd50, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd9: begin
        // discriminator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd4, 7'd0, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd34, 6'd18, 2'd2, 1'b0, 1'b0, 1'b0, 1'b1};
      end
      7'd10: begin
        // discriminator_0: errors to bias sums
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b1, 1'b0, 1'b0, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd0, 7'd0, 5'd15, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd34, 6'd34, 2'd2, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd11: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd12: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd13: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd14: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd15: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd16: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd17: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd18: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd19: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd20: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd21: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd22: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd23: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd24: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd25: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd26: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd27: begin
        // discriminator_1: errors to bias sums
        word = {7'd0, 1'b0, 2'd0, 1'b0, 8'd0, 1'b0, 1'b1, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd50, 2'd3, 1'b1, 1'b0, 1'b0, 1'b0};
      end
      7'd28: begin
        // generator_0: gather a run, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd29: begin
        // generator_1: gather a pixel, scatter-add a window
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd0, 7'd4, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd0, 6'd2, 2'd1, 1'b0, 1'b0, 1'b1, 1'b0};
      end
      7'd30: begin
        // generator_1: finish the accumulators
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd64, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd18, 6'd0, 2'd1, 1'b0, 1'b1, 1'b0, 1'b0};
      end
      7'd31: begin
        // discriminator_0: gather a window, write a pixel
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd4, 7'd0, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd34, 6'd18, 2'd2, 1'b0, 1'b0, 1'b0, 1'b1};
      end
      7'd32: begin
        // discriminator_1: gather a run, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd33: begin
        // discriminator_1: error of the output
        word = {7'd0, 1'b0, 2'd0, 1'b0, 8'd0, 1'b0, 1'b0, 1'b1, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd50, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd34: begin
        // discriminator_1: backward: gather a run, read columns, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b1, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd18, 7'd2, 5'd31, 7'd64, 7'd1, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd34, 6'd50, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd35: begin
        // discriminator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd4, 7'd0, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd34, 6'd18, 2'd2, 1'b0, 1'b0, 1'b0, 1'b1};
      end
      7'd36: begin
        // discriminator_0: errors to bias sums
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b1, 1'b0, 1'b0, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd0, 7'd0, 5'd15, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd34, 6'd34, 2'd2, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd37: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd38: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd39: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd40: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd41: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd42: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd43: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd44: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd45: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd46: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd47: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd48: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd49: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd50: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd51: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd52: begin
        // discriminator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd53: begin
        // discriminator_1: errors to bias sums
        word = {7'd0, 1'b0, 2'd0, 1'b0, 8'd0, 1'b0, 1'b1, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd50, 2'd3, 1'b1, 1'b0, 1'b0, 1'b0};
      end
      7'd54: begin
        // generator_0: biases, gains, shifts and rate
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b1, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd0, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd55: begin
        // generator_1: biases, gains, shifts and rate
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b1, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd0, 6'd0, 2'd1, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd56: begin
        // discriminator_0: biases, gains, shifts and rate
        word = {7'd3, 1'b1, 2'd3, 1'b0, 8'd0, 1'b1, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd4, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd0, 6'd0, 2'd2, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd57: begin
        // discriminator_1: biases, gains, shifts and rate
        word = {7'd0, 1'b1, 2'd3, 1'b0, 8'd0, 1'b1, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd0, 6'd0, 2'd3, 1'b1, 1'b0, 1'b0, 1'b0};
      end
      7'd58: begin
        // generator_0: gather a run, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd59: begin
        // generator_1: gather a pixel, scatter-add a window
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd0, 7'd4, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd0, 6'd2, 2'd1, 1'b0, 1'b0, 1'b1, 1'b0};
      end
      7'd60: begin
        // generator_1: finish the accumulators
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd64, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd18, 6'd0, 2'd1, 1'b0, 1'b1, 1'b0, 1'b0};
      end
      7'd61: begin
        // discriminator_0: gather a window, write a pixel
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd4, 7'd0, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd34, 6'd18, 2'd2, 1'b0, 1'b0, 1'b0, 1'b1};
      end
      7'd62: begin
        // discriminator_1: gather a run, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd1, 7'd64, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd34, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd63: begin
        // discriminator_1: error of the output
        word = {7'd0, 1'b0, 2'd0, 1'b0, 8'd127, 1'b0, 1'b0, 1'b1, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4,
                5'd0, 5'd18, 7'd1, 5'd0, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd50, 6'd50, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd64: begin
        // discriminator_1: backward: gather a run, read columns, write a run
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b1, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd18, 7'd2, 5'd31, 7'd64, 7'd1, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd34, 6'd50, 2'd3, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd65: begin
        // discriminator_0: backward: gather a pixel, read columns, scatter-add a window
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b1, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd17, 7'd2, 5'd7, 7'd0, 7'd4, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd0, 6'd34, 2'd2, 1'b0, 1'b0, 1'b1, 1'b0};
      end
      7'd66: begin
        // discriminator_0: backward: finish the accumulators
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b1, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd17, 7'd2, 5'd7, 7'd64, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd18, 6'd0, 2'd2, 1'b0, 1'b1, 1'b0, 1'b0};
      end
      7'd67: begin
        // generator_1: backward: gather a window, read columns, write a pixel
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b0, 1'b1, 8'd0, 3'd0, 3'd1, 5'd0,
                5'd16, 7'd2, 5'd1, 7'd4, 7'd0, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd2, 6'd18, 2'd1, 1'b0, 1'b0, 1'b0, 1'b1};
      end
      7'd68: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd69: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd70: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd71: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd72: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd73: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd74: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd75: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd76: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd77: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd78: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd79: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd80: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd81: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd82: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd83: begin
        // generator_0: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd64, 7'd8, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd84: begin
        // generator_0: errors to bias sums
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b1, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd1, 5'd15,
                5'd0, 7'd16, 5'd3, 7'd0, 7'd0, 5'd15, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd2, 6'd2, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd85: begin
        // generator_1: outer products of inputs and errors
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b0, 1'b0, 1'b1, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd0, 7'd4, 5'd15, 5'd3, 5'd3, 7'd8, 7'd1, 7'd1, 7'd16, 7'd2,
                7'd2, 7'd8, 7'd8, 7'd4, 7'd3, 6'd18, 6'd2, 2'd1, 1'b0, 1'b0, 1'b1, 1'b0};
      end
      7'd86: begin
        // generator_1: errors to bias sums
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b0, 1'b1, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd0, 7'd0, 5'd15, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd18, 6'd18, 2'd1, 1'b1, 1'b0, 1'b0, 1'b0};
      end
      7'd87: begin
        // generator_0: biases, gains, shifts and rate
        word = {7'd63, 1'b1, 2'd3, 1'b0, 8'd0, 1'b1, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd1,
                5'd15, 5'd0, 7'd16, 5'd3, 7'd64, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 6'd0, 6'd0, 2'd0, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd88: begin
        // generator_1: biases, gains, shifts and rate
        word = {7'd0, 1'b1, 2'd3, 1'b0, 8'd0, 1'b1, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd16, 7'd4, 5'd3, 7'd1, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd0, 6'd0, 2'd1, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd89: begin
        // discriminator_0: biases, gains, shifts and rate
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b1, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd2, 3'd2, 5'd0,
                5'd17, 7'd4, 5'd0, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd0, 6'd0, 2'd2, 1'b0, 1'b0, 1'b0, 1'b0};
      end
      7'd90: begin
        // discriminator_1: biases, gains, shifts and rate
        word = {7'd0, 1'b0, 2'd3, 1'b0, 8'd0, 1'b1, 1'b0, 1'b0, 1'b0, 1'b0, 8'd0, 3'd0, 3'd4, 5'd0,
                5'd18, 7'd1, 5'd0, 7'd0, 7'd0, 5'd0, 5'd0, 5'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0, 7'd0,
                7'd0, 7'd0, 7'd0, 7'd0, 6'd0, 6'd0, 2'd3, 1'b1, 1'b0, 1'b0, 1'b0};
      end
      default: word = {177{1'b0}};
    endcase
  end

  reg [176:0] word_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_q <= {177{1'b0}};
    end else if (fetch_i) begin
      word_q <= word;
    end
  end

  assign gather_window_o = word_q[0];
  assign scatter_window_o = word_q[1];
  assign finish_o = word_q[2];
  assign last_o = word_q[3];
  assign layer_o = word_q[5:4];
  assign source_word_o = word_q[11:6];
  assign target_word_o = word_q[17:12];
  assign kernel_last_o = word_q[24:18];
  assign row_len_o = word_q[31:25];
  assign image_rows_o = word_q[38:32];
  assign image_row_len_o = word_q[45:39];
  assign stride_o = word_q[52:46];
  assign step_o = word_q[59:53];
  assign row_step_o = word_q[66:60];
  assign padding_o = word_q[73:67];
  assign padding_len_o = word_q[80:74];
  assign padding_rows_len_o = word_q[87:81];
  assign positions_x_last_o = word_q[92:88];
  assign positions_y_last_o = word_q[97:93];
  assign positions_last_o = word_q[102:98];
  assign gather_len_o = word_q[109:103];
  assign drain_len_o = word_q[116:110];
  assign groups_last_o = word_q[121:117];
  assign group_columns_o = word_q[128:122];
  assign bias_word_o = word_q[133:129];
  assign bias_last_o = word_q[138:134];
  assign activation_o = word_q[141:139];
  assign slope_o = word_q[144:142];
  assign dropout_o = word_q[152:145];
  assign backward_o = word_q[153];
  assign update_o = word_q[154];
  assign loss_o = word_q[155];
  assign bias_sum_o = word_q[156];
  assign adapt_o = word_q[157];
  assign loss_target_o = word_q[165:158];
  assign loss_class_o = word_q[166];
  assign tail_o = word_q[168:167];
  assign trained_o = word_q[169];
  assign biases_last_o = word_q[176:170];

endmodule

`default_nettype wire
