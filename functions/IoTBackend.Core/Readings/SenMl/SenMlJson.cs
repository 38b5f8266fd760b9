using System.Text.Json;

namespace IoTBackend.Core.Readings.SenMl;

/// <summary>Reads records in the JSON form, RFC 8428 section 5.</summary>
internal static class SenMlJson
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 16 };

    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public static void Read(ReadOnlySpan<byte> body, SenMlPack pack)
    {
        var json = new Utf8JsonReader(body, Options);
        if (!json.Read() || json.TokenType != JsonTokenType.StartArray)
        {
            pack.Refuse("A SenML pack is an array of records.");
            return;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray && pack.IsReadable)
        {
            if (json.TokenType == JsonTokenType.StartObject)
                pack.Add(ReadRecord(ref json));
            else
                pack.Refuse("A SenML record is an object.");
        }

        // Whatever follows the pack makes the reader throw.
        if (pack.IsReadable)
            json.Read();
    }

    private static SenMlRecord ReadRecord(ref Utf8JsonReader json)
    {
        var record = new SenMlRecord();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var label = Text(ref json, ref record, "A label") ?? "";
            json.Read();
            switch (label)
            {
                case "bn": record.BaseName = Text(ref json, ref record, label); break;
                case "bt": record.BaseTime = Number(ref json, ref record, label); break;
                case "bu": record.BaseUnit = Text(ref json, ref record, label); break;
                case "bv": record.BaseValue = Number(ref json, ref record, label); break;
                case "bs": record.BaseSum = Number(ref json, ref record, label); break;
                case "bver": record.BaseVersion = (long?)Number(ref json, ref record, label); break;
                case "n": record.Name = Text(ref json, ref record, label); break;
                case "u": record.Unit = Text(ref json, ref record, label); break;
                case "v": record.Value = Number(ref json, ref record, label); break;
                case "vs": record.Text = Text(ref json, ref record, label); break;
                case "vb": record.Flag = Flag(ref json, ref record); break;
                case "vd": record.Data = Text(ref json, ref record, label); break;
                case "s": record.Sum = Number(ref json, ref record, label); break;
                case "t": record.Time = Number(ref json, ref record, label); break;
                case "ut": record.UpdateTime = Number(ref json, ref record, label); break;
                default:
                    if (label.EndsWith('_'))
                        record.Demanded = label;
                    json.Skip();
                    break;
            }
        }

        return record;
    }

    private static string? Text(ref Utf8JsonReader json, ref SenMlRecord record, string label)
    {
        try
        {
            if (json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                return json.GetString();
        }
        catch (InvalidOperationException)
        {
            record.Problem ??= $"{label} is not valid Unicode.";
            return null;
        }

        record.Problem ??= $"{label} must be a string.";
        json.Skip();
        return null;
    }

    private static double? Number(ref Utf8JsonReader json, ref SenMlRecord record, string label)
    {
        if (json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var value) && double.IsFinite(value))
            return value;
        record.Problem ??= $"{label} must be a finite number.";
        json.Skip();
        return null;
    }

    private static bool? Flag(ref Utf8JsonReader json, ref SenMlRecord record)
    {
        if (json.TokenType is JsonTokenType.True or JsonTokenType.False)
            return json.GetBoolean();
        record.Problem ??= "vb must be true or false.";
        json.Skip();
        return null;
    }
}
