// SPDX-License-Identifier: MIT
module hangrate.example/scenarios/go

go 1.19
