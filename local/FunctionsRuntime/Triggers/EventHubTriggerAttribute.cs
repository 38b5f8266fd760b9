using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Batches of one partition's events, in order.</summary>
public sealed class EventHubTriggerAttribute(string eventHubName) : TriggerBindingAttribute
{
    public string EventHubName { get; private set; } = eventHubName;

    /// <summary>Default "$Default".</summary>
    public string? ConsumerGroup { get; set; }

    /// <summary>The name of the setting that holds the connection.</summary>
    public string? Connection { get; set; }

    /// <summary>Default true: <c>EventData[]</c>; false: one <c>EventData</c> per invocation.</summary>
    public bool IsBatched { get; set; } = true;
}
