`default_nettype none

// A block with ports of every size: counts, adds up a wide value, and shows combinational paths.
module counter (
    input  wire         clk_i,
    input  wire         rst_ni,
    input  wire         en_i,
    input  wire [11:0]  step_i,
    input  wire [63:0]  long_i,
    input  wire [99:0]  wide_i,
    output reg  [31:0]  count_o,
    output wire [32:0]  sum_o,
    output wire [63:0]  long_o,
    output wire [1:0]   small_o,
    output reg  [99:0]  total_o
);
`ifdef BROKEN
  wire [31:0] next = count_o - {20'd0, step_i};
`else
  wire [31:0] next = count_o + {20'd0, step_i};
`endif
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_o <= 32'd0;
      total_o <= 100'd0;
    end else if (en_i) begin
      count_o <= next;
      total_o <= total_o + wide_i;
    end
  end
  assign sum_o = {1'b0, count_o} + {21'd0, step_i};
  assign long_o = ~long_i;
  assign small_o = {wide_i < {1'b1, 99'd0}, step_i < 12'h800};
endmodule

`default_nettype wire
