using System.Text;
using IoTBackend.Core.Releases.Exposures;

namespace IoTBackend.Functions.Releases;

/// <summary>RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe.</summary>
internal static class ExposureCsv
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static async Task WriteAsync(IReadOnlyList<Exposure.ExposedDevice> concerned, Stream body, CancellationToken cancellationToken)
    {
        await using var csv = new StreamWriter(body, Utf8, 64 * 1024, leaveOpen: true) { NewLine = "\r\n" };
        await csv.WriteLineAsync("deviceId,track,tag,release,platformDigest,seen,because,mendedBy");
        foreach (var l in concerned)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string[] cells = [l.DeviceId, l.Track, l.Tag, l.Release, l.PlatformDigest, l.Seen ? "true" : "false", l.Because, l.MendedBy ?? ""];
            await csv.WriteLineAsync(string.Join(',', cells.Select(Cell)));
        }
    }

    private static string Cell(string text)
    {
        var safe = text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny("\",\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
