using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;
using IoTBackend.Core.Signals;

namespace IoTBackend.Core.Shared;

/// <summary>How the API, the queues and the stored documents write JSON: camel case, ISO 8601 times and durations, names for enums, no nulls.</summary>
public static class WireJson
{
    public static readonly JsonSerializerOptions Options = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.Strict,
            // Never embedded in HTML: quotes and umlauts stay readable.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.Converters.Add(new DurationConverter());
        options.Converters.Add(new AlertKindConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class DurationConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return XmlConvert.ToTimeSpan(reader.GetString() ?? "");
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                throw new JsonException("A duration is written as in ISO 8601, for example PT1M.");
            }
        }

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteStringValue(XmlConvert.ToString(value));
    }

    private sealed class AlertKindConverter : JsonConverter<AlertKind>
    {
        public override AlertKind Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            AlertKinds.TryParse(reader.GetString() ?? "", out var kind) ? kind : throw new JsonException("Not a kind of alert.");

        public override void Write(Utf8JsonWriter writer, AlertKind value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Name());
    }
}
