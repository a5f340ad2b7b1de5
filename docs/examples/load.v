// SPDX-License-Identifier: MIT OR Apache-2.0
// Programs the emission of the preset tiny from its memory images, makes one image and scores it; then takes two training
// steps on black images and prints their losses. In rtl-out/tiny:
//   iverilog -g2005 -c behavioural.f -s load ../../docs/examples/load.v -o /tmp/load.vvp && vvp /tmp/load.vvp
// Inputs change at the falling edge, so that every rising edge sees them stable.

`timescale 1ns / 1ps

module load;
  reg clk = 0, rst_n = 0;
  always #5 clk = ~clk;

  reg         cmd_valid = 0, in_valid = 0, prog_valid = 0, cfg_valid = 0, cfg_write = 1;
  reg  [3:0]  cfg_space = 0;
  reg  [2:0]  cmd_op = 0;
  reg  [31:0] cmd_arg = 0;
  reg  [87:0] cells = 0;        // one line of an image: tile, row, group, cells
  reg  [4:0]  cfg_addr = 0;
  reg  [63:0] cfg_data = 0;
  wire        cmd_ready, in_ready, prog_ready, cfg_ready, out_valid, out_last, busy;
  wire [31:0] out_data;
  wire [63:0] cfg_read;

  memgan_top dut (
    .clk_i(clk), .rst_ni(rst_n),
    .cmd_valid_i(cmd_valid), .cmd_ready_o(cmd_ready), .cmd_op_i(cmd_op), .cmd_arg_i(cmd_arg),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(32'd0),
    .out_valid_o(out_valid), .out_ready_i(1'b1), .out_data_o(out_data), .out_last_o(out_last),
    .prog_valid_i(prog_valid), .prog_ready_o(prog_ready), .prog_write_i(1'b1), .prog_tile_i(cells[75:72]),
    .prog_row_i(cells[63:60]), .prog_group_i(cells[50:48]), .prog_data_i(cells[47:0]), .prog_data_o(),
    .cfg_valid_i(cfg_valid), .cfg_ready_o(cfg_ready), .cfg_write_i(cfg_write), .cfg_space_i(cfg_space),
    .cfg_addr_i(cfg_addr), .cfg_data_i(cfg_data), .cfg_data_o(cfg_read),
    .busy_o(busy), .op_o(), .array_active_o(),
    .tap_valid_o(), .tap_addr_o(), .tap_mask_o(), .tap_data_o());

  task command(input [2:0] op, input [31:0] arg);
  begin
    @(negedge clk) cmd_op = op; cmd_arg = arg; cmd_valid = 1;
    while (!cmd_ready) @(negedge clk);
    @(negedge clk) cmd_valid = 0;
    while (busy && op != 4 && op != 5) @(negedge clk);  // read and train have streams
  end endtask

  task configure(input [3:0] space, input [4:0] addr, input [63:0] data);
  begin
    @(negedge clk) cfg_space = space; cfg_addr = addr; cfg_data = data; cfg_valid = 1;
    @(negedge clk) cfg_valid = 0;
  end endtask

  // The first line of a cell image is a comment.
  task program_cells(input [8*40-1:0] file);
    integer fd, n; reg [8*100-1:0] comment;
  begin
    fd = $fopen(file, "r");
    n = $fgets(comment, fd);
    while ($fscanf(fd, "%h", cells) == 1) begin
      prog_valid = 1;
      @(negedge clk) prog_valid = 0;
    end
    $fclose(fd);
  end endtask

  reg [63:0] biases [0:18];
  reg [7:0]  parameters [0:3];
  reg [51:0] training [0:3];
  integer i;
  initial begin
    $readmemh("weights/biases.hex", biases);
    $readmemh("weights/parameters.hex", parameters);
    $readmemh("weights/training.hex", training);
    repeat (4) @(negedge clk);
    rst_n = 1;
    @(negedge clk);
    program_cells("weights/generator_0.hex");
    program_cells("weights/generator_1.hex");
    program_cells("weights/discriminator_0.hex");
    program_cells("weights/discriminator_1.hex");
    for (i = 0; i < 19; i = i + 1) configure(0, i, biases[i]);
    for (i = 0; i < 4; i = i + 1) configure(1, i, {56'd0, parameters[i]});
    command(0, 32'd1020716019);  // seed of pass 0 of `memgan simulate tiny`
    command(2, 0);               // latents into the generator's input
    command(3, 0);               // run the generator
    command(4, 0);               // send the image
    while (!(out_valid && out_last)) begin
      if (out_valid) $display("%h", out_data);
      @(negedge clk);
    end
    $display("%h", out_data);
    @(negedge clk);
    command(3, 1);               // the image is the discriminator's input
    command(4, 1);
    while (!out_valid) @(negedge clk);
    $display("score %0d/127", $signed(out_data[7:0]));
    @(negedge clk);

    for (i = 0; i < 4; i = i + 1) configure(2, i, {12'd0, training[i]});
    command(6, 32'd1);           // seed of the training
    command(5, 2);               // two steps of 8 images
    in_valid = 1;
    for (i = 0; i < 2 * 8 * 16; i = i + 1) begin
      while (!in_ready) @(negedge clk);
      @(negedge clk);
    end
    in_valid = 0;
    while (busy) @(negedge clk);
    cfg_write = 0;
    for (i = 2; i < 5; i = i + 1) begin
      configure(15, i, 0);       // read: real, fake, generate
      $display("loss %0d", cfg_read[31:0]);
    end
    $finish;
  end
endmodule
