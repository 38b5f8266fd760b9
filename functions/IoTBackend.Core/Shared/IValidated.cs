namespace IoTBackend.Core.Shared;

/// <summary>A part of a document with rules between its members, checked when the members themselves are as they should be.</summary>
public interface IValidated
{
    /// <summary>Everything that is wrong, one sentence each, beginning with the member's name; empty = valid.</summary>
    IEnumerable<string> Errors();
}
