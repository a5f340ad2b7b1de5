// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/memory.rs
//
// Error memory: 51 words of 4 lanes x 8 bits. Replace by a memory macro of the same ports.
//
// One read and one write port. Reading a word in the cycle in which it is written gives undefined
// data, which nobody uses. read_data_o keeps its value until the next read.
//
// Latency: read_data_o 1 cycle after read_valid_i.

`default_nettype none

module memgan_error_sram (
  // Clock
  input  wire        clk_i,
  // Read port
  input  wire        read_valid_i,
  input  wire [5:0]  read_address_i,
  output reg  [31:0] read_data_o,
  // Write port
  input  wire        write_valid_i,
  input  wire [5:0]  write_address_i,
  input  wire [3:0]  write_mask_i,     // lanes to write
  input  wire [31:0] write_data_i
);

  reg [31:0] mem [0:50];

  always @(posedge clk_i) begin
    if (read_valid_i) begin
      read_data_o <= mem[read_address_i];
    end
  end

  always @(posedge clk_i) begin : p_mem
    integer lane;
    if (write_valid_i) begin
      for (lane = 0; lane < 4; lane = lane + 1) begin
        if (write_mask_i[lane]) begin
          mem[write_address_i][lane*8 +: 8] <= write_data_i[lane*8 +: 8];
        end
      end
    end
  end

endmodule

`default_nettype wire
