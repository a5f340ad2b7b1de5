// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/host.rs
//
// Command port, image streams and sequencer. Networks are numbered in the order of the description.
//
// Streams carry memory words: element e of a tensor is lane e mod lanes of word e / lanes; lanes
// beyond the tensor's end are ignored.
//
// Latency: a run: the sum of the operations' cycles, from the cycle after the command to busy_o
// low.

`default_nettype none

module memgan_host (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,         // asynchronous, active low
  // Commands
  input  wire        cmd_valid_i,
  output wire        cmd_ready_o,
  input  wire [2:0]  cmd_op_i,       // 0 seed, 1 load, 2 latent, 3 run, 4 read
  // seed, network in bit 0, or program of a run: networks, then phases
  input  wire [31:0] cmd_arg_i,
  // Input stream
  input  wire        in_valid_i,
  output wire        in_ready_o,
  input  wire [31:0] in_data_i,      // signed 8 bit a lane
  // Output stream
  output wire        out_valid_o,
  input  wire        out_ready_i,
  output wire [31:0] out_data_o,
  output wire        out_last_o,
  // Sequencer
  output wire        busy_o,
  output wire [6:0]  op_o,           // running operation
  output wire        fetch_o,
  output wire        start_o,
  input  wire        op_done_i,
  input  wire        last_op_i,
  input  wire        clearing_i,
  // Random streams
  output wire        seed_valid_o,
  output wire [31:0] seed_o,
  output wire        random_step_o,
  input  wire [31:0] latents_i,
  // Activation memory
  output wire        read_valid_o,
  output wire        write_valid_o,
  output wire [5:0]  address_o,      // of reads and writes
  output wire [31:0] write_data_o,
  input  wire [31:0] read_data_i
);

  wire       is_seed = cmd_op_i == 3'd0;
  wire       is_load = cmd_op_i == 3'd1;
  wire       is_latent = cmd_op_i == 3'd2;
  wire       is_run = cmd_op_i == 3'd3;
  wire       is_read = cmd_op_i == 3'd4;
  wire [2:0] program_number = cmd_arg_i[2:0];
  reg  [6:0] first_op;

  always @* begin
    case (program_number)
      3'd0: first_op = 7'd0;
      3'd1: first_op = 7'd3;
      3'd2: first_op = 7'd5;
      3'd3: first_op = 7'd28;
      3'd4: first_op = 7'd54;
      3'd5: first_op = 7'd58;
      3'd6: first_op = 7'd87;
      default: first_op = 7'd0;
    endcase
  end

  wire [5:0] input_word = cmd_arg_i[0] ? 6'd18 : 6'd0;
  wire [5:0] output_word = cmd_arg_i[0] ? 6'd50 : 6'd18;
  wire [3:0] input_last = cmd_arg_i[0] ? 4'd15 : 4'd1;
  wire [3:0] output_last = cmd_arg_i[0] ? 4'd0 : 4'd15;
  reg  [6:0] op_q;
  reg  [5:0] word_q;
  reg  [3:0] count_q;
  wire       count_end = !(|count_q);
  wire       accept;
  wire       warm_up;
  wire       write_input;
  wire       write_latent;
  wire       advance;
  wire       next_op;

  memgan_host_fsm u_fsm (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .cmd_valid_i    (cmd_valid_i),
    .is_seed_i      (is_seed),
    .is_load_i      (is_load),
    .is_latent_i    (is_latent),
    .is_run_i       (is_run),
    .is_read_i      (is_read),
    .clearing_i     (clearing_i),
    .in_valid_i     (in_valid_i),
    .out_ready_i    (out_ready_i),
    .count_end_i    (count_end),
    .op_done_i      (op_done_i),
    .last_op_i      (last_op_i),
    .accept_o       (accept),
    .cmd_ready_o    (cmd_ready_o),
    .warm_up_o      (warm_up),
    .in_ready_o     (in_ready_o),
    .write_input_o  (write_input),
    .write_latent_o (write_latent),
    .read_o         (read_valid_o),
    .out_valid_o    (out_valid_o),
    .advance_o      (advance),
    .fetch_o        (fetch_o),
    .start_o        (start_o),
    .next_op_o      (next_op),
    .busy_o         (busy_o)
  );

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_q <= 6'd0;
      count_q <= 4'd0;
      op_q <= 7'd0;
    end else if (accept) begin
      word_q <= is_read ? output_word : input_word;
      count_q <= is_seed ? 4'd7 : is_read ? output_last : input_last;
      if (is_run) begin
        op_q <= first_op;
      end
    end else begin
      if (advance) begin
        word_q <= word_q + 6'd1;
        count_q <= count_q - 4'd1;
      end
      if (next_op) begin
        op_q <= op_q + 7'd1;
      end
    end
  end

  assign op_o = op_q;
  assign seed_valid_o = accept && is_seed;
  assign seed_o = cmd_arg_i;
  assign random_step_o = warm_up || write_latent;
  assign write_valid_o = write_input || write_latent;
  assign address_o = word_q;
  assign write_data_o = write_latent ? latents_i : in_data_i;
  assign out_data_o = read_data_i;
  assign out_last_o = count_end;

endmodule

`default_nettype wire
