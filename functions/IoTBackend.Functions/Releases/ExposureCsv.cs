using System.Text;
using IoTBackend.Core.Releases.Exposures;

namespace IoTBackend.Functions.Releases;

/// <summary>RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe.</summary>
internal static class ExposureCsv
{
    /// <summary>Written at once: a line each would be a hundred thousand writes.</summary>
    private const int Lines = 1000;

    public static async Task WriteAsync(IReadOnlyList<Exposure.ExposedDevice> concerned, Stream body, CancellationToken cancellationToken)
    {
        var csv = new StringBuilder("deviceId,track,tag,release,platformDigest,seen,because,mendedBy\r\n");
        foreach (var piece in concerned.Chunk(Lines).Prepend([]))
        {
            foreach (var l in piece)
            {
                csv.Append(Cell(l.DeviceId)).Append(',').Append(Cell(l.Track)).Append(',').Append(Cell(l.Tag)).Append(',').Append(Cell(l.Release)).Append(',')
                    .Append(Cell(l.PlatformDigest)).Append(l.Seen ? ",true," : ",false,").Append(Cell(l.Because)).Append(',').Append(Cell(l.MendedBy ?? "")).Append("\r\n");
            }

            await body.WriteAsync(Encoding.UTF8.GetBytes(csv.ToString()), cancellationToken);
            csv.Clear();
        }
    }

    private static string Cell(string text)
    {
        var safe = text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny("\",\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
