using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Functions.Http;

/// <summary>How many entries of a list, at most.</summary>
internal record TopAsked
{
    [Range(1, 500)]
    public int Top { get; init; } = 100;
}

/// <summary>A page of a list.</summary>
internal sealed record PageAsked : TopAsked
{
    /// <summary>What the page before said.</summary>
    public string? Continuation { get; init; }
}
