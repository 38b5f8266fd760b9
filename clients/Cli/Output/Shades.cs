using Spectre.Console;

namespace IoTBackend.Cli.Output;

/// <summary>Colours mean the same everywhere, and never alone: the word stands beside them.</summary>
internal static class Shades
{
    /// <summary>Plain; a bare null in a conditional would be taken for the name of a style.</summary>
    public static readonly Style? None;

    public static readonly Style Bad = new(Color.Red);
    public static readonly Style Attention = new(Color.Yellow);
    public static readonly Style Good = new(Color.Green);
    public static readonly Style Quiet = new(decoration: Decoration.Dim);

    public static Style? Of(string? word) => word switch
    {
        "critical" or "offline" or "held" or "failed" or "stopped" or "worse" or "rolledBack" or "cancelled" => Bad,
        "warning" or "waiting" or "open" or "low" or "paused" or "cannotTell" or "scheduled" or "rollingBack" or "acknowledged" or "deferred" => Attention,
        "online" or "passed" or "active" or "cleared" or "normal" or "running" or "notWorse" or "done" => Good,
        "neverSeen" or "disabled" or "information" or "superseded" or "skipped" => Quiet,
        _ => None,
    };
}
