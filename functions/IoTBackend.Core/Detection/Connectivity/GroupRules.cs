using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>Settings <c>GroupRules__*</c>: when the silence of several members is one outage, for the groups that differ from the default.</summary>
public sealed record GroupRules : IValidatableObject
{
    public const string Section = "GroupRules";

    private static readonly GroupOutagePolicy Default = new();

    /// <summary><c>GroupRules__Groups__0__Name</c>, <c>__Quorum</c>, <c>__MinimumMembers</c>, and so on; the first of a name counts.</summary>
    public IReadOnlyList<GroupRule> Groups { get; init; } = [];

    /// <summary>The rules of a group; those it does not have are the default's.</summary>
    public GroupOutagePolicy For(string group) => Groups.FirstOrDefault(g => string.Equals(g.Name, group, StringComparison.Ordinal))?.Policy ?? Default;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from rule in Groups
        from error in (rule.Name.Length == 0 ? ["name must not be empty"] : Array.Empty<string>()).Concat(rule.Policy.Errors())
        select new ValidationResult($"{Section}: group {rule.Name}: {error}");
}

/// <param name="Name">The group.</param>
/// <param name="Quorum">As <see cref="GroupOutagePolicy.Quorum"/>.</param>
/// <param name="MinimumMembers">As <see cref="GroupOutagePolicy.MinimumMembers"/>.</param>
public sealed record GroupRule(string Name = "", double Quorum = 0.6, int MinimumMembers = 2)
{
    public GroupOutagePolicy Policy { get; } = new() { Quorum = Quorum, MinimumMembers = MinimumMembers };
}
