// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 6ce034800c74ca3b
// Source: src/rtl/layer_parameters.rs
//
// Run-time parameters of each layer: ADC gain exponent and requantisation shift.
//
// Latency: reading is combinational.

`default_nettype none

module memgan_layer_parameters (
  // Clock and reset
  input  wire       clk_i,
  input  wire       rst_ni,         // asynchronous, active low
  // Write port
  input  wire       write_valid_i,
  input  wire [4:0] write_layer_i,  // a layer; others are ignored
  input  wire [7:0] write_data_i,   // {shift, gain}
  // Read port
  input  wire [1:0] layer_i,
  output wire [3:0] gain_o,
  output wire [3:0] shift_o
);

  reg [31:0] values_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      values_q[7:0] <= 8'd0;
      values_q[15:8] <= 8'd0;
      values_q[23:16] <= 8'd0;
      values_q[31:24] <= 8'd0;
    end else begin
      if (write_valid_i && write_layer_i == 5'd0) begin
        values_q[7:0] <= write_data_i;
      end
      if (write_valid_i && write_layer_i == 5'd1) begin
        values_q[15:8] <= write_data_i;
      end
      if (write_valid_i && write_layer_i == 5'd2) begin
        values_q[23:16] <= write_data_i;
      end
      if (write_valid_i && write_layer_i == 5'd3) begin
        values_q[31:24] <= write_data_i;
      end
    end
  end

  reg [7:0] value;

  always @* begin
    case (layer_i)
      2'd0: value = values_q[7:0];
      2'd1: value = values_q[15:8];
      2'd2: value = values_q[23:16];
      2'd3: value = values_q[31:24];
    endcase
  end

  assign gain_o = value[3:0];
  assign shift_o = value[7:4];

endmodule

`default_nettype wire
