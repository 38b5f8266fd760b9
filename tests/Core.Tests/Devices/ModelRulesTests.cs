using IoTBackend.Core.Detection.Battery;
using IoTBackend.Core.Devices;

namespace Core.Tests.Devices;

public sealed class ModelRulesTests
{
    [Fact]
    public void Every_chemistry_an_operator_may_name_has_a_discharge_curve() =>
        Assert.All(BatterySpecification.Chemistries, chemistry => Assert.NotNull(DischargeCurve.Percent(chemistry, 3, 1)));

    [Fact]
    public void Rules_that_say_nothing_are_valid() => Assert.Empty(new ModelRequest().Errors());
}
