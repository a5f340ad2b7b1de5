// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/memory.rs
//
// Bias memory: 19 words of 4 lanes x 16 bits. Replace by a memory macro of the same ports.
//
// One read and one write port. Reading a word in the cycle in which it is written gives undefined
// data, which nobody uses. read_data_o keeps its value until the next read.
//
// Latency: read_data_o 1 cycle after read_valid_i.

`default_nettype none

module memgan_bias_sram (
  // Clock
  input  wire        clk_i,
  // Read port
  input  wire        read_valid_i,
  input  wire [4:0]  read_address_i,
  output reg  [63:0] read_data_o,
  // Write port
  input  wire        write_valid_i,
  input  wire [4:0]  write_address_i,
  input  wire [63:0] write_data_i
);

  reg [63:0] mem [0:18];

  always @(posedge clk_i) begin
    if (read_valid_i) begin
      read_data_o <= mem[read_address_i];
    end
  end

  always @(posedge clk_i) begin
    if (write_valid_i) begin
      mem[write_address_i] <= write_data_i;
    end
  end

endmodule

`default_nettype wire
