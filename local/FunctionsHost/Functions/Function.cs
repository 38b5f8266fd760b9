using System.Text.Json;
using IoTBackend.FunctionsHost.Protocol;

namespace IoTBackend.FunctionsHost.Functions;

/// <summary>A function as the worker has declared it.</summary>
internal sealed class Function
{
    private readonly JsonElement trigger;

    /// <exception cref="HostException">It has no trigger, or more than this host feeds.</exception>
    public Function(RpcFunctionMetadata metadata)
    {
        (Name, Id) = (metadata.Name, metadata.FunctionId);
        Retry = RetryPolicy.Of(metadata.RetryOptions);
        var bindings = metadata.RawBindings.Select(text => JsonDocument.Parse(text).RootElement).ToList();
        var triggers = bindings.FindAll(binding => TypeOf(binding).EndsWith("trigger", StringComparison.Ordinal));
        trigger = triggers is [var one] ? one : throw new HostException($"{Name} has {triggers.Count} triggers; a function has one.");
        if (bindings.Find(binding => !triggers.Contains(binding) && TypeOf(binding) is not "http") is { ValueKind: not JsonValueKind.Undefined } other)
            throw new HostException($"{Name}: this host feeds triggers and has no binding '{Text(other, "type")}'.");
        (TriggerType, TriggerName) = (TypeOf(trigger), this["name"] ?? "");
    }

    public string Name { get; }

    public string Id { get; }

    public RetryPolicy Retry { get; }

    /// <summary>In lower case: <c>httptrigger</c>, <c>queuetrigger</c> ...</summary>
    public string TriggerType { get; }

    /// <summary>The name of the parameter.</summary>
    public string TriggerName { get; }

    /// <summary>Whether the parameter's type takes the trigger's whole object (a queue message, an event) rather than its text.</summary>
    public bool TakesObjects => trigger.TryGetProperty("properties", out var properties) && Text(properties, "supportsDeferredBinding") is "True" or "true";

    public IReadOnlyList<string> Methods =>
        trigger.TryGetProperty("methods", out var methods) && methods.ValueKind == JsonValueKind.Array ? [.. methods.EnumerateArray().Select(method => method.GetString()!)] : [];

    /// <summary>A property of the trigger as text; null = it has none of that name.</summary>
    public string? this[string property] => Text(trigger, property);

    private static string TypeOf(JsonElement binding) => Text(binding, "type")?.ToLowerInvariant() ?? "";

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : null;
}
