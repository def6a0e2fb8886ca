//! Draws the simulated time: conversion by minute above, whose messages they were below.

use std::fmt::Write;

use crate::{Minute, PHASES};

const LEFT: f64 = 48.0;
const WIDTH: f64 = 660.0;
const TOP: f64 = 40.0;
const HEIGHT: f64 = 180.0;
const SHARES_TOP: f64 = 262.0;
const SHARES_HEIGHT: f64 = 70.0;
const COLOURS: [&str; 3] = ["#3b6fb6", "#7aa6d8", "#bcd3ee"];

fn x(minute: usize, of: usize) -> f64 {
    LEFT + WIDTH * minute as f64 / of as f64
}

fn line(svg: &mut String, minutes: &[Minute], style: &str) {
    let points: Vec<String> = minutes
        .iter()
        .enumerate()
        .map(|(minute, it)| {
            format!(
                "{:.1},{:.1}",
                x(minute, minutes.len()) + WIDTH / minutes.len() as f64 / 2.0,
                TOP + HEIGHT * (1.0 - it.conversion())
            )
        })
        .collect();
    put(svg, format_args!("<polyline fill=\"none\" {style} points=\"{}\"/>\n", points.join(" ")));
}

fn put(svg: &mut String, text: std::fmt::Arguments<'_>) {
    svg.write_fmt(text).expect("a string takes text");
}

pub fn draw(ranked: &[Minute], ordered: &[Minute]) -> String {
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 730 370\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n\
         <rect width=\"730\" height=\"370\" fill=\"#fff\"/>\n\
         <text x=\"48\" y=\"16\" font-size=\"14\">Verified PINs per message, while the best of three providers fails</text>\n",
    );
    for (name, minutes) in &PHASES {
        let (from, to) = (x(minutes.start as usize, ranked.len()), x(minutes.end as usize, ranked.len()));
        let (width, middle) = (to - from, f64::midpoint(from, to));
        put(
            &mut svg,
            format_args!(
                "<rect x=\"{from:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"#f6e3df\"/>\n\
             <text x=\"{middle:.1}\" y=\"34\" text-anchor=\"middle\">it {name}</text>\n"
            ),
        );
    }
    for percent in [0, 25, 50, 75, 100] {
        let y = TOP + HEIGHT * (1.0 - f64::from(percent) / 100.0);
        put(
            &mut svg,
            format_args!(
                "<path d=\"M{LEFT} {y:.1}h{WIDTH}\" stroke=\"#ddd\"/><text x=\"42\" y=\"{:.1}\" text-anchor=\"end\">{percent} %</text>\n",
                y + 4.0
            ),
        );
    }
    line(&mut svg, ordered, "stroke=\"#b5523b\" stroke-width=\"1.5\" stroke-dasharray=\"5 3\"");
    line(&mut svg, ranked, "stroke=\"#3b6fb6\" stroke-width=\"2.5\"");
    svg.push_str(
        "<text x=\"708\" y=\"214\" text-anchor=\"end\" fill=\"#b5523b\">dashed: in order</text>\n\
         <text x=\"708\" y=\"198\" text-anchor=\"end\" fill=\"#3b6fb6\">solid: ranked</text>\n\
         <text x=\"48\" y=\"254\">Who carries the messages of the ranked route</text>\n",
    );
    for (minute, it) in ranked.iter().enumerate() {
        let (from, mut y) = (x(minute, ranked.len()), SHARES_TOP + SHARES_HEIGHT);
        for (leg, colour) in COLOURS.iter().enumerate() {
            let height = SHARES_HEIGHT * f64::from(it.by_leg[leg]) / f64::from(it.messages.max(1));
            y -= height;
            put(
                &mut svg,
                format_args!(
                    "<rect x=\"{from:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>\n",
                    WIDTH / ranked.len() as f64
                ),
            );
        }
    }
    for minute in (0..=ranked.len()).step_by(10) {
        let at = x(minute, ranked.len());
        put(&mut svg, format_args!("<text x=\"{at:.1}\" y=\"348\" text-anchor=\"middle\">{minute} min</text>\n"));
    }
    for (place, (name, colour)) in ["first", "second", "third"].iter().zip(COLOURS).enumerate() {
        let at = 520 + place * 65;
        put(
            &mut svg,
            format_args!(
                "<rect x=\"{at}\" y=\"245\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"{}\" y=\"254\">{name}</text>\n",
                at + 14
            ),
        );
    }
    svg.push_str("</svg>\n");
    svg
}
