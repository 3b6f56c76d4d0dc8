//! Colours and type. Each protocol has a colour of a palette that most colour-blind people can tell apart; what
//! failed is red whatever it spoke.

pub(super) const SHEET: &str = "\
text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1c2128; }
.page { fill: #ffffff; }
.title { font-size: 17px; font-weight: 600; }
.dim, .time { fill: #68727f; font-size: 12px; }
.time { font-size: 11px; }
.name { font-weight: 600; }
.said, .remark { font-size: 12px; }
.number { font-weight: 600; }
.wrong { fill: #9a4b00; }
.label { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
.loop { font-size: 12px; font-weight: 600; }
.life { fill: none; stroke: #aeb7c2; stroke-dasharray: 5 4; }
.box { fill: #eef2f8; stroke: #56677d; stroke-width: 1.2; }
.figure { fill: none; stroke: #56677d; stroke-width: 1.6; stroke-linecap: round; }
.bar { fill: #dfe7f3; stroke: #56677d; }
.frame { fill: #7d8a9a; fill-opacity: 0.06; stroke: #7d8a9a; }
.tab { fill: #eef2f8; stroke: #7d8a9a; }
.line { fill: none; stroke-width: 1.5; }
.reply { stroke-dasharray: 6 4; }
.cross { fill: none; stroke-width: 2; }
.note { fill: #f6f6f1; stroke: #a9a99c; }
.fault { fill: #ffe9c4; stroke: #b26a00; }
.failure { fill: #fde5e2; stroke: #b3261e; }
.digits { font-size: 11px; font-weight: 600; fill: #ffffff; }
.tag { font-weight: 600; }
.k0 .line, .k0 .cross { stroke: #1d5ba6; } .k0 .head, .k0 .badge, .k0 .tag { fill: #1d5ba6; }
.k1 .line, .k1 .cross { stroke: #0b7355; } .k1 .head, .k1 .badge, .k1 .tag { fill: #0b7355; }
.k2 .line, .k2 .cross { stroke: #83399f; } .k2 .head, .k2 .badge, .k2 .tag { fill: #83399f; }
.k3 .line, .k3 .cross { stroke: #955100; } .k3 .head, .k3 .badge, .k3 .tag { fill: #955100; }
.k4 .line, .k4 .cross { stroke: #00687a; } .k4 .head, .k4 .badge, .k4 .tag { fill: #00687a; }
.k5 .line, .k5 .cross { stroke: #5c5f00; } .k5 .head, .k5 .badge, .k5 .tag { fill: #5c5f00; }
.failed .line, .failed .cross { stroke: #b3261e; } .failed .head, .failed .badge { fill: #b3261e; }
.failed .label { fill: #b3261e; }
@media (prefers-color-scheme: dark) {
text { fill: #e3e8ee; }
.page { fill: #11161c; }
.dim, .time { fill: #96a1af; }
.wrong { fill: #f0a95a; }
.label { stroke: #11161c; }
.life { stroke: #4b5663; }
.box, .tab { fill: #1e2833; stroke: #8393a7; }
.figure { stroke: #a5b3c4; }
.bar { fill: #2b3948; stroke: #8393a7; }
.note { fill: #23272b; stroke: #727a82; }
.fault { fill: #3f2c0c; stroke: #d08a1e; }
.failure { fill: #421b19; stroke: #e0655c; }
.digits { fill: #11161c; }
.k0 .line, .k0 .cross { stroke: #7db1f0; } .k0 .head, .k0 .badge, .k0 .tag { fill: #7db1f0; }
.k1 .line, .k1 .cross { stroke: #58c7a2; } .k1 .head, .k1 .badge, .k1 .tag { fill: #58c7a2; }
.k2 .line, .k2 .cross { stroke: #d39be8; } .k2 .head, .k2 .badge, .k2 .tag { fill: #d39be8; }
.k3 .line, .k3 .cross { stroke: #e3a765; } .k3 .head, .k3 .badge, .k3 .tag { fill: #e3a765; }
.k4 .line, .k4 .cross { stroke: #5fc3d6; } .k4 .head, .k4 .badge, .k4 .tag { fill: #5fc3d6; }
.k5 .line, .k5 .cross { stroke: #c3c65c; } .k5 .head, .k5 .badge, .k5 .tag { fill: #c3c65c; }
.failed .line, .failed .cross { stroke: #ff8a80; } .failed .head, .failed .badge { fill: #ff8a80; }
.failed .label { fill: #ff8a80; }
}
";

/// Colours of protocols.
pub(super) const PALETTE: usize = 6;
