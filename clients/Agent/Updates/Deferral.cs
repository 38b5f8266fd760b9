using System.Text.Json;
using IoTBackend.Agent.Host;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Agent.Updates;

/// <summary>Why an update waits, in the workload's words.</summary>
internal sealed record Deferral(string Reason, DateTimeOffset? Until = null)
{
    private const int MaxReason = 200;

    /// <summary>What is in it is not looked at: a container that may write there could put a link to a secret in its place, or a pipe that nobody writes to.</summary>
    public static Deferral OfFile(string path) => new($"{path} is there");

    /// <param name="given">By the device's file; see <see cref="Words.Last"/>.</param>
    public static Deferral OfAnswer(string output, IEnumerable<string> given)
    {
        try
        {
            using var json = JsonDocument.Parse(output);
            return new(FirstLine(Text(json.RootElement, "reason") ?? "", given), Time(json.RootElement, "until"));
        }
        catch (JsonException)
        {
            return new(FirstLine(output, given));
        }
    }

    private static string FirstLine(string text, IEnumerable<string> given) =>
        Words.Last(text.Split('\n')[0], given, MaxReason) is { Length: > 0 } line ? line : "the workload asks to wait";
}
