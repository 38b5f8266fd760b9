using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Functions.Http;

/// <summary>How many entries of a list, at most.</summary>
internal record TopAsked
{
    [Range(1, 500)]
    public int Top { get; init; } = 100;
}
