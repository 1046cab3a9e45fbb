//! Where AWS has its services, by partition.

/// The end of the hostnames of a region's services (AWS General Reference, service endpoints).
pub(super) fn suffix(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ if region.starts_with("eusc-") => "amazonaws.eu",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ => "amazonaws.com",
    }
}

/// True for a host of AWS, in whichever partition.
pub(super) fn is_aws(host: &str) -> bool {
    let ends = ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov"];
    ends.iter().any(|end| host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.')))
}

/// True for a region that an account has to enable before anything in it answers: all that were opened after 20 March 2019
/// (Account Management reference guide, "Enable or disable AWS Regions"). The ones before are these; other partitions have
/// none.
pub(super) fn is_opt_in(region: &str) -> bool {
    const ALWAYS: [&str; 17] = [
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    ];
    let is_other =
        ["cn-", "us-gov-", "us-iso", "eusc-", "eu-iso"].iter().any(|begin| region.starts_with(begin));
    !region.is_empty() && !is_other && !ALWAYS.contains(&region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regions_opened_later_have_to_be_enabled() {
        for (region, wanted) in [
            ("us-east-1", false),
            ("af-south-1", true),
            ("eu-central-2", true),
            ("eu-central-1", false),
            ("us-gov-west-1", false),
            ("cn-north-1", false),
            ("xx-nowhere-1", true),
        ] {
            assert_eq!(is_opt_in(region), wanted, "{region}");
        }
    }

    #[test]
    fn hosts_of_aws_end_like_its_names_and_not_like_others() {
        assert!(is_aws("eks.us-east-1.amazonaws.com") && is_aws("sts.cn-north-1.amazonaws.com.cn"));
        assert!(!is_aws("notamazonaws.com") && !is_aws("127.0.0.1") && !is_aws("amazonaws.com.example.org"));
    }
}
