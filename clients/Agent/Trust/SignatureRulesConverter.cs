using System.Text.Json;
using System.Text.Json.Serialization;
using IoTBackend.Core.Releases.Evidence.Signatures;
using static IoTBackend.Core.Shared.JsonReading;

namespace IoTBackend.Agent.Trust;

/// <summary>
/// A rule for signatures, member by member: generated code would leave out the defaults, and one of them is that a signature is needed at all.
/// What it does not know it refuses: half a rule is none.
/// </summary>
internal sealed class SignatureRulesConverter : JsonConverter<SignatureRules>
{
    private static readonly SigningKeyConverter Keys = new();

    public override SignatureRules Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A rule for signatures has keys or roots.");
        var rules = new SignatureRules();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            rules = name switch
            {
                "keys" => rules with { Keys = List(ref reader, (ref Utf8JsonReader r) => Keys.Read(ref r, typeof(SigningKey), options)) },
                "roots" => rules with { Roots = List(ref reader, ReadText) },
                "identities" => rules with { Identities = List(ref reader, ReadIdentity) },
                "logs" => rules with { Logs = List(ref reader, ReadText) },
                "timestamps" => rules with { Timestamps = List(ref reader, ReadText) },
                "atLeast" when reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var least) && least is > 0 and <= 10 => rules with { AtLeast = least },
                _ => throw new JsonException($"'{name}' of a rule for signatures is not understood."),
            };
        }

        return rules;
    }

    public override void Write(Utf8JsonWriter writer, SignatureRules value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("keys");
        foreach (var key in value.Keys)
            Keys.Write(writer, key, options);
        writer.WriteEndArray();
        List(writer, "roots", value.Roots);
        writer.WriteStartArray("identities");
        foreach (var identity in value.Identities)
        {
            writer.WriteStartObject();
            if (identity.Issuer is not null)
                writer.WriteString("issuer", identity.Issuer);
            writer.WriteString("subject", identity.Subject);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        List(writer, "logs", value.Logs);
        if (value.Timestamps is { } timestamps)
            List(writer, "timestamps", timestamps);
        writer.WriteNumber("atLeast", value.AtLeast);
        writer.WriteEndObject();
    }

    private delegate T ReadOne<T>(ref Utf8JsonReader reader);

    private static List<T> List<T>(ref Utf8JsonReader reader, ReadOne<T> read)
    {
        const int most = 10;
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("The members of a rule for signatures are lists.");
        var list = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (list.Count == most)
                throw new JsonException($"A rule for signatures has at most {most} of each.");
            list.Add(read(ref reader));
        }

        return list;
    }

    private static string ReadText(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("Roots, logs and time-stamp authorities are PEM.");

    private static SignerIdentity ReadIdentity(ref Utf8JsonReader reader)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return Text(json.RootElement, "subject") is { Length: > 0 } subject && json.RootElement.EnumerateObject().All(p => NameOf(p) is "subject" or "issuer")
            ? new(Text(json.RootElement, "issuer"), subject) : throw new JsonException("An identity has a subject, and may have an issuer.");
    }

    private static void List(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
