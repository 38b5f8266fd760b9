using System.Globalization;

namespace IoTBackend.Core.Readings;

/// <summary>
/// Who put an event into the hub, and its how-manieth there: the same when the hub is sent it again because an
/// acknowledgement was lost. Numbers of one process rise in the order of the partition.
/// </summary>
/// <param name="Process">Random at the start of a process.</param>
/// <param name="Number">From 1.</param>
public readonly record struct AppendId(int Process, long Number)
{
    /// <summary>Application property of the event: <c>{process}:{number}</c>. Worth nothing on what a device sent by itself.</summary>
    public const string Property = "append";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Process}:{Number}");

    public static AppendId? Parse(string? text)
    {
        var colon = text?.IndexOf(':') ?? -1;
        return colon > 0
            && int.TryParse(text.AsSpan(0, colon), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var process)
            && long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(process, number)
            : null;
    }
}
