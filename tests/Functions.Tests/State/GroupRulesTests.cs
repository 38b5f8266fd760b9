using System.ComponentModel.DataAnnotations;
using IoTBackend.Core.Detection.Connectivity;
using Microsoft.Extensions.Configuration;

namespace Functions.Tests.State;

public sealed class GroupRulesTests
{
    [Fact]
    public void A_groups_rules_are_read_from_the_settings_and_the_others_keep_the_default()
    {
        var rules = Read(("GroupRules:Groups:0:Name", "site-a"), ("GroupRules:Groups:0:Quorum", "0.9"), ("GroupRules:Groups:1:Name", "b"), ("GroupRules:Groups:1:MinimumMembers", "7"));
        Assert.Equal((0.9, 2), (rules.For("site-a").Quorum, rules.For("site-a").MinimumMembers));
        Assert.Equal((0.6, 7), (rules.For("b").Quorum, rules.For("b").MinimumMembers));
        Assert.Equal((0.6, 2), (rules.For("c").Quorum, rules.For("c").MinimumMembers));
        Assert.Empty(rules.Validate(new ValidationContext(rules)));
    }

    [Fact]
    public void Wrong_rules_are_named_all_at_once()
    {
        var rules = Read(("GroupRules:Groups:0:Name", "a"), ("GroupRules:Groups:0:Quorum", "2"), ("GroupRules:Groups:0:MinimumMembers", "1"));
        Assert.Equal(2, rules.Validate(new ValidationContext(rules)).Count(r => r.ErrorMessage!.Contains("group a", StringComparison.Ordinal)));
    }

    private static GroupRules Read(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value)).Build().GetSection(GroupRules.Section).Get<GroupRules>()!;
}
