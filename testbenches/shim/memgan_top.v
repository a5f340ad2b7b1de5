`default_nettype none

// Stands in for an emitted design in the tests of the design driver: same ports and handshakes, trivial contents.
//
// LOAD n takes n words to addresses 0..n-1; LATENT n fills them from an 8-bit generator that SEED sets.
// RUN n takes two cycles a word, the first with array_active_o: layer 0 adds the bias to each lane of words 0..n-1 and
// writes them to n..2n-1, layer 1 combines those with the programmed cells into 2n..3n-1 (of the last word lane 0 only).
// READ n sends words 2n..3n-1.
// Macros: FAULT=k flips a bit of the k-th word that RUN writes; HANG never ends RUN; DROP withdraws offered output;
// MUTE never raises busy_o; STOP fails in the third cycle of RUN.
module memgan_top #(
    parameter LANES = 4
) (
    input  wire               clk_i,
    input  wire               rst_ni,
    // Commands
    input  wire               cmd_valid_i,
    output wire               cmd_ready_o,
    input  wire [2:0]         cmd_op_i,
    input  wire [31:0]        cmd_arg_i,
    // Words in
    input  wire               in_valid_i,
    output wire               in_ready_o,
    input  wire [8*LANES-1:0] in_data_i,
    // Words out
    output wire               out_valid_o,
    input  wire               out_ready_i,
    output wire [8*LANES-1:0] out_data_o,
    output wire               out_last_o,
    // Cells
    input  wire               prog_valid_i,
    output wire               prog_ready_o,
    input  wire [0:0]         prog_tile_i,
    input  wire [3:0]         prog_row_i,
    input  wire [0:0]         prog_group_i,
    input  wire [8*LANES-1:0] prog_data_i,
    // Configuration
    input  wire               cfg_valid_i,
    output wire               cfg_ready_o,
    input  wire               cfg_space_i,
    input  wire [3:0]         cfg_addr_i,
    input  wire [39:0]        cfg_data_i,
    // Status
    output wire               busy_o,
    output wire [1:0]         op_o,
    output wire               array_active_o,
    // Writes of activations
    output wire               tap_valid_o,
    output wire [9:0]         tap_addr_o,
    output wire [LANES-1:0]   tap_mask_o,
    output wire [8*LANES-1:0] tap_data_o
);
  localparam IDLE = 3'd5;
  localparam SEED = 3'd0;
  localparam LOAD = 3'd1;
  localparam LATENT = 3'd2;
  localparam RUN = 3'd3;
  localparam READ = 3'd4;

  reg [2:0] state_q;
  reg [7:0] count_q;
  reg [8:0] index_q;
  reg phase_q;
  reg [7:0] random_q;
  reg [7:0] bias_q;
  reg pace_q;
  reg [8*LANES-1:0] mem [0:1023];
  reg [8*LANES-1:0] cells [0:15];

  wire [9:0] count = {2'b00, count_q};
  wire [9:0] index = {1'b0, index_q};
  wire second = index >= count;
  wire [8*LANES-1:0] source = mem[index];
  wire [9:0] offset = index - count;
  wire [8*LANES-1:0] cell_word = cells[offset[3:0]];
  reg [8*LANES-1:0] biased;
  integer lane;
  always @* begin
    biased = {8 * LANES{1'b0}};
    for (lane = 0; lane < LANES; lane = lane + 1) begin
      biased[8*lane+:8] = source[8*lane+:8] + bias_q;
    end
  end

  wire last = index_q == {1'b0, count_q} - 9'd1;
  wire last_run = index_q == {count_q, 1'b0} - 9'd1;
  wire run_write = state_q == RUN && phase_q;
  wire load_write = state_q == LOAD && in_valid_i && in_ready_o;
  wire write = run_write || load_write || state_q == LATENT;
`ifdef FAULT
  wire [8*LANES-1:0] fault = (run_write && index_q == `FAULT) ? {{8 * LANES - 1{1'b0}}, 1'b1} : {8 * LANES{1'b0}};
`else
  wire [8*LANES-1:0] fault = {8 * LANES{1'b0}};
`endif
  wire [8*LANES-1:0] run_data = (second ? source ^ cell_word : biased) ^ fault;
  wire [8*LANES-1:0] data = run_write ? run_data : load_write ? in_data_i : {LANES{random_q}};
  wire [9:0] addr = run_write ? count + index : index;
  wire [LANES-1:0] mask = (run_write && last_run) ? {{LANES - 1{1'b0}}, 1'b1} : {LANES{1'b1}};

  integer i;
  always @(posedge clk_i) begin
    for (i = 0; i < LANES; i = i + 1) begin
      if (write && mask[i]) mem[addr][8*i+:8] <= data[8*i+:8];
    end
    if (prog_valid_i && prog_ready_o && !prog_tile_i && !prog_group_i) cells[prog_row_i] <= prog_data_i;
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      count_q <= 8'd0;
      index_q <= 9'd0;
      phase_q <= 1'b0;
      random_q <= 8'd1;
      bias_q <= 8'd0;
      pace_q <= 1'b0;
    end else begin
      pace_q <= !pace_q;
      if (cfg_valid_i && !cfg_space_i && cfg_addr_i == 4'd0) bias_q <= cfg_data_i[39:32];
      case (state_q)
        IDLE: begin
          index_q <= 9'd0;
          phase_q <= 1'b0;
          if (cmd_valid_i) begin
            count_q <= cmd_arg_i[7:0];
            if (cmd_op_i == SEED) random_q <= cmd_arg_i[7:0];
            else state_q <= cmd_op_i;
          end
        end
        LOAD: begin
          if (load_write) index_q <= index_q + 9'd1;
          if (load_write && last) state_q <= IDLE;
        end
        LATENT: begin
          index_q <= index_q + 9'd1;
          random_q <= {random_q[6:0], random_q[7] ^ random_q[5] ^ random_q[4] ^ random_q[3]};
          if (last) state_q <= IDLE;
        end
        RUN: begin
          phase_q <= !phase_q;
          if (phase_q) index_q <= index_q + 9'd1;
`ifndef HANG
          if (phase_q && last_run) state_q <= IDLE;
`endif
`ifdef STOP
          if (index_q == 9'd1) $stop;
`endif
        end
        READ: begin
          if (out_valid_o && out_ready_i) index_q <= index_q + 9'd1;
          if (out_valid_o && out_ready_i && last) state_q <= IDLE;
        end
        default: state_q <= IDLE;
      endcase
    end
  end

  assign cmd_ready_o = state_q == IDLE;
  assign in_ready_o = state_q == LOAD && pace_q;
`ifdef DROP
  assign out_valid_o = state_q == READ && pace_q;
`else
  assign out_valid_o = state_q == READ;
`endif
  wire [9:0] read_addr = {1'b0, count_q, 1'b0} + index;
  assign out_data_o = mem[read_addr];
  assign out_last_o = last;
  assign prog_ready_o = pace_q;
  assign cfg_ready_o = 1'b1;
`ifdef MUTE
  assign busy_o = 1'b0;
`else
  assign busy_o = state_q == RUN || state_q == LATENT;
`endif
  assign op_o = {1'b0, state_q == RUN && second};
  assign array_active_o = state_q == RUN && !phase_q;
  assign tap_valid_o = write;
  assign tap_addr_o = addr;
  assign tap_mask_o = mask;
  assign tap_data_o = data;

  wire unused = &{1'b0, cmd_arg_i[31:8], cfg_data_i[31:0], offset[9:4]};
endmodule

`default_nettype wire
