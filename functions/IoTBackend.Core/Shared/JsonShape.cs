using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace IoTBackend.Core.Shared;

/// <summary>Compares a document with the type it is to become: names, kinds of values, and the ranges the type's attributes state.</summary>
internal sealed class JsonShape
{
    private const int MostFaults = 10;
    private const int MostEchoed = 64;

    private readonly string _member;
    private readonly ICollection<string>? _unknown;
    private readonly List<string> _faults = [];

    private JsonShape(string member, ICollection<string>? unknown) => (_member, _unknown) = (member, unknown);

    /// <summary>One sentence each; empty = the document fits.</summary>
    /// <param name="document">What was sent.</param>
    /// <param name="type">What it is to become.</param>
    /// <param name="member">What a member is called in a sentence.</param>
    /// <param name="unknown">Where sentences about unknown members go, if these are no fault.</param>
    public static IReadOnlyList<string> FaultsOf(JsonElement document, Type type, string member, ICollection<string>? unknown = null)
    {
        var shape = new JsonShape(member, unknown);
        shape.Check(document, type, "");
        return shape._faults;
    }

    private void Check(JsonElement value, Type type, string path)
    {
        var info = WireJson.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Object when value.ValueKind == JsonValueKind.Object && info.PolymorphismOptions is { } kinds:
                CheckKind(value, kinds, path);
                break;
            case JsonTypeInfoKind.Object when value.ValueKind == JsonValueKind.Object:
                CheckMembers(value, info, path);
                break;
            case JsonTypeInfoKind.Enumerable when value.ValueKind == JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                    CheckNotNull(item, info.ElementType ?? typeof(object), $"{path}[{index++}]");
                break;
            case JsonTypeInfoKind.Dictionary when value.ValueKind == JsonValueKind.Object:
                foreach (var item in value.EnumerateObject())
                {
                    if (Name(item) is { } name)
                        CheckNotNull(item.Value, info.ElementType ?? typeof(object), Join(path, Echo(name)));
                }

                break;
            case JsonTypeInfoKind.None when JsonNouns.CanRead(value, info):
                break;
            default:
                Add($"{Subject(path)} must be {JsonNouns.Of(info)}.");
                break;
        }
    }

    /// <summary>One of several types, told apart by the value of one member.</summary>
    private void CheckKind(JsonElement value, JsonPolymorphismOptions kinds, string path)
    {
        var member = kinds.TypeDiscriminatorPropertyName;
        var said = JsonReading.Text(value, member);
        if (kinds.DerivedTypes.FirstOrDefault(k => k.TypeDiscriminator as string == said) is { DerivedType: { } type })
            CheckMembers(value, WireJson.Options.GetTypeInfo(type), path, member);
        else
            Add($"{Join(path, member)} must be one of {string.Join(", ", kinds.DerivedTypes.Select(k => k.TypeDiscriminator))}.");
    }

    private void CheckMembers(JsonElement value, JsonTypeInfo info, string path, string? kind = null)
    {
        var before = _faults.Count;
        var known = info.Properties.Where(p => (p.Set ?? (object?)p.AssociatedParameter) is not null && !p.IsExtensionData).ToArray();
        var takesOthers = info.Properties.Any(p => p.IsExtensionData);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in value.EnumerateObject())
        {
            if (Name(member) is not { } name)
                continue;
            if (name == kind)
                continue;
            if (!seen.Add(name))
                Add($"{_member} '{Join(path, Echo(name))}' is given twice.");
            else if (known.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } property)
                CheckMember(member.Value, property, Join(path, property.Name));
            else if (!takesOthers)
                AddUnknown($"{_member} '{Join(path, Echo(name))}' is not known; {Spelling.Suggest(name, known.Select(p => p.Name), known.SelectMany(Inner))}");
        }

        foreach (var missing in known.Where(p => p.IsRequired && !seen.Contains(p.Name)))
            Add($"{_member} '{Join(path, missing.Name)}' is missing.");
        if (_faults.Count > before || !info.Type.IsAssignableTo(typeof(IValidated)))
            return;
        foreach (var error in ((IValidated?)value.Deserialize(info))?.Errors() ?? [])
            Add(path.Length == 0 ? error : $"{path}.{error}");
    }

    /// <summary>The members of a member: what belongs there and was written one level too high is found.</summary>
    private static IEnumerable<string> Inner(JsonPropertyInfo property) =>
        WireJson.Options.GetTypeInfo(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is { Kind: JsonTypeInfoKind.Object } info
            ? info.Properties.Where(p => !p.IsExtensionData).Select(p => $"{property.Name}.{p.Name}")
            : [];

    private void CheckMember(JsonElement value, JsonPropertyInfo property, string path)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            if (!property.IsSetNullable || property.IsRequired)
                Add($"{path} must not be null{(property.IsRequired ? "" : "; leave it out")}.");
            return;
        }

        var before = _faults.Count;
        Check(value, property.PropertyType, path);
        if (_faults.Count > before || property.AttributeProvider is not { } attributes)
            return;
        foreach (var rule in attributes.GetCustomAttributes(typeof(ValidationAttribute), inherit: true).Cast<ValidationAttribute>())
        {
            if (!rule.IsValid(value.Deserialize(property.PropertyType, WireJson.Options)))
                Add(JsonNouns.Rule(path, rule));
        }
    }

    private void CheckNotNull(JsonElement value, Type type, string path)
    {
        if (value.ValueKind == JsonValueKind.Null && type != typeof(JsonElement))
            Add($"{path} must not be null.");
        else
            Check(value, type, path);
    }

    /// <summary>Null = an escape in it is half a character.</summary>
    private string? Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            Add("A name has an escape that is no character.");
            return null;
        }
    }

    private void Add(string fault)
    {
        if (_faults.Count < MostFaults)
            _faults.Add(fault);
    }

    private void AddUnknown(string sentence)
    {
        if (_unknown is null)
            Add(sentence);
        else if (_unknown.Count < MostFaults)
            _unknown.Add(sentence);
    }

    private static string Subject(string path) => path.Length == 0 ? "The body" : path;

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Echo(string name)
    {
        var text = new string([.. name.Take(MostEchoed).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);
        return name.Length > MostEchoed ? $"{text}..." : text;
    }
}
