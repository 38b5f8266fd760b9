using Microsoft.Azure.Functions.Worker.Converters;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Batches of one partition's events, in order.</summary>
[InputConverter(typeof(EventDataConverter))]
[ConverterFallbackBehavior(ConverterFallbackBehavior.Default)]
// What lets a function be retried by its own retry attribute.
[BindingCapabilities("FunctionLevelRetry")]
public sealed class EventHubTriggerAttribute(string eventHubName) : TriggerBindingAttribute, ISupportCardinality
{
    public string EventHubName { get; private set; } = eventHubName;

    /// <summary>Default "$Default".</summary>
    public string? ConsumerGroup { get; set; }

    /// <summary>The name of the setting that holds the connection.</summary>
    public string? Connection { get; set; }

    /// <summary>Default true: <c>EventData[]</c>; false: one <c>EventData</c> per invocation.</summary>
    [DefaultValue(true)]
    public bool IsBatched { get; set; } = true;

    Cardinality ISupportCardinality.Cardinality
    {
        get => IsBatched ? Cardinality.Many : Cardinality.One;
        set => IsBatched = value == Cardinality.Many;
    }
}
