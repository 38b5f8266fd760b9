using System.Text.Json;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Agent.Updates;

/// <summary>Why an update waits, in the workload's words.</summary>
internal sealed record Deferral(string Reason, DateTimeOffset? Until = null)
{
    private const int MaxReason = 200;

    public static Deferral OfFile(string path)
    {
        try
        {
            using var file = File.OpenText(path);
            var buffer = new char[MaxReason];
            return new(FirstLine(new string(buffer, 0, file.ReadBlock(buffer)), $"{path} is there"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new($"{path} is there");
        }
    }

    public static Deferral OfAnswer(string output)
    {
        try
        {
            using var json = JsonDocument.Parse(output);
            return new(FirstLine(Text(json.RootElement, "reason") ?? "", "the workload asks to wait"), Time(json.RootElement, "until"));
        }
        catch (JsonException)
        {
            return new(FirstLine(output, "the workload asks to wait"));
        }
    }

    private static string FirstLine(string text, string otherwise)
    {
        var line = text.Split('\n')[0].Trim();
        return line.Length == 0 ? otherwise : line.Length > MaxReason ? line[..MaxReason] : line;
    }
}
